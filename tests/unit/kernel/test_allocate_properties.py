from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.allocate import allocate, allocate_with_limits
from ordercore.kernel.money import Money

AMOUNTS = st.one_of(st.integers(-1000, 1000), st.integers(-(10**30), 10**30))
WEIGHTS = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 10**20)), min_size=1, max_size=12
).filter(any)
BOUNDED = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40)), min_size=1, max_size=8)


def split(amount: int, weights: list[int]) -> list[int]:
    """Allocate euro cents and return plain numbers."""
    return [share.amount_minor for share in allocate(Money(amount, "EUR"), weights)]


def split_within(amount: int, bounded: list[tuple[int, int]]) -> tuple[list[int], int]:
    """Allocate euro cents over (weight, limit) pairs; return the shares and the rest."""
    weights = [weight for weight, _ in bounded]
    limits = [Money(limit, "EUR") for _, limit in bounded]
    shares, rest = allocate_with_limits(Money(amount, "EUR"), weights, limits)
    return [share.amount_minor for share in shares], rest.amount_minor


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_the_shares_add_up_to_the_amount(amount: int, weights: list[int]) -> None:
    """Not one unit is lost or made, whatever the sizes."""
    assert amount == sum(split(amount, weights))


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_each_share_is_within_one_unit_of_its_exact_value(amount: int, weights: list[int]) -> None:
    """Rounding moves a share to a neighbour of the exact one, never further."""
    for share, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_a_zero_weight_takes_nothing(amount: int, weights: list[int]) -> None:
    """Not even a left-over unit goes to a line without weight."""
    shares = split(amount, weights)

    assert all(share == 0 for share, w in zip(shares, weights, strict=True) if w == 0)


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_a_negative_amount_is_split_as_the_mirror_image(amount: int, weights: list[int]) -> None:
    """A refund of the whole takes back exactly what the charge put on each line."""
    assert [-share for share in split(amount, weights)] == split(-amount, weights)


@given(amount=st.integers(0, 10**6), weights=WEIGHTS)
def test_left_over_units_go_to_the_largest_remainders_earliest_first(
    amount: int, weights: list[int]
) -> None:
    """A slow exact computation of the same rule gives the same shares."""
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    expected = [value.numerator // value.denominator for value in exact]
    for _ in range(amount - sum(expected)):
        behind = [value - share for value, share in zip(exact, expected, strict=True)]
        expected[behind.index(max(behind))] += 1

    assert expected == split(amount, weights)


@given(amount=AMOUNTS, weights=WEIGHTS, factor=st.integers(1, 1000))
def test_only_the_proportions_of_weights_matter(
    amount: int, weights: list[int], factor: int
) -> None:
    """Weights in cents and in euros split alike."""
    assert split(amount, weights) == split(amount, [weight * factor for weight in weights])


@given(amount=st.integers(-200, 200), bounded=BOUNDED)
def test_shares_and_rest_add_up_and_respect_their_limits(
    amount: int, bounded: list[tuple[int, int]]
) -> None:
    """Conservation and limits hold together, with the sign of the amount throughout."""
    shares, rest = split_within(amount, bounded)

    assert amount == sum(shares) + rest
    for share, (weight, limit) in zip(shares, bounded, strict=True):
        assert abs(share) <= (limit if weight else 0)
        assert share * amount >= 0
    assert rest * amount >= 0


@given(amount=st.integers(-200, 200), bounded=BOUNDED)
def test_a_rest_remains_only_when_nobody_can_take_more(
    amount: int, bounded: list[tuple[int, int]]
) -> None:
    """The rest is exactly what exceeds the room that all limits leave together."""
    room = sum(limit for weight, limit in bounded if weight)

    assert max(abs(amount) - room, 0) == abs(split_within(amount, bounded)[1])


@given(amount=st.integers(-200, 200), bounded=BOUNDED)
def test_spreading_again_and_again_leads_to_the_same_result(
    amount: int, bounded: list[tuple[int, int]]
) -> None:
    """A plain loop that fixes whoever is over the limit and starts anew agrees to one unit."""
    weights = [weight if limit else 0 for weight, limit in bounded]
    fixed: dict[int, int] = {}
    left = abs(amount)
    while any(weights) and left:
        exact = [Fraction(left * weight, sum(weights)) for weight in weights]
        over = [i for i, share in enumerate(exact) if weights[i] and share > bounded[i][1]]
        if not over:
            break
        for index in over:
            fixed[index] = bounded[index][1]
            left -= bounded[index][1]
            weights[index] = 0
    whole = sum(weights) or 1
    open_shares = [Fraction(left * weight, whole) for weight in weights]

    for index, share in enumerate(split_within(abs(amount), bounded)[0]):
        expected = Fraction(fixed[index]) if index in fixed else open_shares[index]
        assert abs(share - expected) < 1


@given(amount=AMOUNTS, weights=WEIGHTS)
def test_limits_that_nobody_reaches_change_nothing(amount: int, weights: list[int]) -> None:
    """Splitting under generous limits is plain splitting."""
    bounded = [(weight, abs(amount)) for weight in weights]

    assert (split(amount, weights), 0) == split_within(amount, bounded)
