from __future__ import annotations

import pytest

from ordercore.kernel.allocate import allocate, allocate_with_limits
from ordercore.kernel.errors import CurrencyMismatch, InvalidInput
from ordercore.kernel.money import Money


def eur(*amounts: int) -> tuple[Money, ...]:
    """Return amounts in euro cents."""
    return tuple(Money(amount, "EUR") for amount in amounts)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (101, [1, 1, 1], (34, 34, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (100, [1, 2], (33, 67)),
        (10, [3, 3, 4], (3, 3, 4)),
        (5, [0, 1, 0], (0, 5, 0)),
        (1, [1, 1], (1, 0)),
        (2, [5, 1, 1, 5], (1, 0, 0, 1)),
        (0, [1, 2], (0, 0)),
        (0, [0, 0], (0, 0)),
        (7, [9], (7,)),
    ],
)
def test_an_amount_is_split_by_largest_remainder(
    amount: int, weights: list[int], shares: tuple[int, ...]
) -> None:
    """Left-over units go to the largest remainders, the earliest first among equals."""
    assert eur(*shares) == allocate(Money(amount, "EUR"), weights)


def test_shares_keep_the_currency() -> None:
    """Yen are split in whole yen."""
    assert (Money(51, "JPY"), Money(50, "JPY")) == allocate(Money(101, "JPY"), (1, 1))


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ([], "weights"),
        ([0, 0], "weights"),
        ([1, -1], "weights[1]"),
        ([1, 1.0], "weights[1]"),
        ([True, 1], "weights[0]"),
    ],
)
def test_weights_that_cannot_be_split_by_are_refused(weights: list[int], field: str) -> None:
    """None at all, all zero, negative and not whole: each names where it went wrong."""
    with pytest.raises(InvalidInput) as caught:
        allocate(Money(5, "EUR"), weights)

    assert field == caught.value.field


@pytest.mark.parametrize(
    ("amount", "weights", "limits", "shares", "rest"),
    [
        (100, [1, 1], (100, 100), (50, 50), 0),
        (100, [1, 1], (10, 100), (10, 90), 0),
        (100, [1, 1, 1], (10, 40, 100), (10, 40, 50), 0),
        (100, [1, 1], (10, 20), (10, 20), 70),
        (-100, [1, 1], (10, 20), (-10, -20), -70),
        (100, [1, 0], (10, 100), (10, 0), 90),
        (100, [0, 0], (10, 10), (0, 0), 100),
        (100, [3, 1], (0, 100), (0, 100), 0),
        (3, [1, 1], (1, 2), (1, 2), 0),
        (0, [1, 1], (0, 5), (0, 0), 0),
    ],
)
def test_what_a_limit_turns_away_is_spread_over_the_others(
    amount: int,
    weights: list[int],
    limits: tuple[int, ...],
    shares: tuple[int, ...],
    rest: int,
) -> None:
    """Nobody gets more than the limit, and what finds no place is returned as the rest."""
    expected = (eur(*shares), Money(rest, "EUR"))

    assert expected == allocate_with_limits(Money(amount, "EUR"), weights, eur(*limits))


def test_limits_must_match_the_weights_in_number_sign_and_currency() -> None:
    """A limit too few, a negative one and one in another currency are refused."""
    money = Money(5, "EUR")

    with pytest.raises(InvalidInput) as caught:
        allocate_with_limits(money, [1, 1], eur(1))
    assert caught.value.field == "limits"
    with pytest.raises(InvalidInput) as caught:
        allocate_with_limits(money, [1, 1], eur(1, -1))
    assert caught.value.field == "limits[1]"
    with pytest.raises(CurrencyMismatch):
        allocate_with_limits(money, [1], (Money(1, "USD"),))


def test_splitting_under_limits_needs_weights_too() -> None:
    """The checks of plain splitting hold here as well."""
    with pytest.raises(InvalidInput):
        allocate_with_limits(Money(5, "EUR"), [], ())
    with pytest.raises(InvalidInput):
        allocate_with_limits(Money(5, "EUR"), [-1], eur(1))
