from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from ordercore.kernel.errors import InvalidInput, UnknownCurrency
from ordercore.kernel.money import Money, Rounding, decimal_ratio, round_ratio

PLAIN = 'plain decimal text such as "12.34" or "-0.05"'
LONGEST = "1" * 100


@pytest.mark.parametrize(
    ("attempt", "field", "problem", "allowed"),
    [
        (
            lambda: Money(1.5, "EUR"),  # type: ignore[arg-type]
            "amount_minor",
            "got float",
            "a whole number of minor units",
        ),
        (lambda: Money.parse(1, "EUR"), "amount", "got int", PLAIN),  # type: ignore[arg-type]
        (
            lambda: Money.parse("1e3", "EUR"),
            "amount",
            "'1e3' is not a plain decimal of at most 100 characters",
            PLAIN,
        ),
        (
            lambda: Money.parse("1.234", "EUR"),
            "amount",
            "'1.234' has 3 decimals",
            "at most 2 in EUR",
        ),
        (lambda: decimal_ratio(Decimal(1)), "ratio", "got Decimal", PLAIN),  # type: ignore[arg-type]
        (
            lambda: Money(1, "EUR").times(2.0),  # type: ignore[arg-type]
            "count",
            "got float",
            "a whole number",
        ),
        (
            lambda: round_ratio(1, 0, Rounding.DOWN),
            "denominator",
            "is zero",
            "any other whole number",
        ),
    ],
)
def test_a_fault_about_an_amount_says_what_came_and_what_is_allowed(
    attempt: Callable[[], object], field: str, problem: str, allowed: str
) -> None:
    """Whoever sent the amount can mend it from the answer alone."""
    with pytest.raises(InvalidInput) as caught:
        attempt()

    assert (field, problem, allowed) == (
        caught.value.field,
        caught.value.problem,
        caught.value.allowed,
    )


def test_an_unknown_currency_is_named_as_it_came() -> None:
    """Also when it is no text at all."""
    with pytest.raises(UnknownCurrency) as caught:
        Money(1, 978)  # type: ignore[arg-type]

    assert caught.value.currency == "978"


def test_a_hundred_characters_are_read_and_one_more_is_not() -> None:
    """The limit counts the whole text, the sign and the point included."""
    assert Fraction(int(LONGEST)) == decimal_ratio(LONGEST)
    with pytest.raises(InvalidInput):
        decimal_ratio(LONGEST + "1")


def test_a_fault_quotes_the_first_forty_characters_of_what_came() -> None:
    """Enough to find it again; a message is no place for a whole document."""
    with pytest.raises(InvalidInput) as caught:
        decimal_ratio("a" * 39 + "bc")

    assert f"{'a' * 39 + 'b'!r} is not a plain decimal of at most 100 characters" == (
        caught.value.problem
    )


@pytest.mark.parametrize("rounding", [Rounding.HALF_EVEN, Rounding.HALF_UP, Rounding.HALF_DOWN])
def test_the_nearest_wins_by_the_smallest_margin(rounding: Rounding) -> None:
    """Two thirds lie above the half by one unit of the doubled remainder, one third below."""
    assert round_ratio(2, 3, rounding) == 1
    assert round_ratio(1, 3, rounding) == 0
    assert round_ratio(-2, 3, rounding) == -1
    assert round_ratio(-1, 3, rounding) == 0
