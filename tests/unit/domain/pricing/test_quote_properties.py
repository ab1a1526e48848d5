from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.pricing import (
    ConversionRate,
    Match,
    Over,
    Under,
    compare_amounts,
    tolerance_for,
)
from ordercore.kernel.currency import CURRENCIES, exponent
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal


@given(ours=st.integers(0, 10**12), difference=st.integers(-300, 300))
def test_accepted_amounts_are_ours_plus_the_stated_difference(ours: int, difference: int) -> None:
    """What is written off or given back is exactly what separates the two amounts."""
    price, outside = Money(ours, "EUR"), Money(ours + difference, "EUR")

    match compare_amounts(price, outside, tolerance_for("EUR")):
        case Match():
            assert outside == price
        case Under(difference=missing):
            assert missing.is_positive
            assert outside + missing == price
        case Over(difference=excess):
            assert excess.is_positive
            assert outside - excess == price
        case Refusal():
            assert abs(difference) > 100


@given(
    currency=st.sampled_from(sorted(CURRENCIES.keys() - {"EUR"})),
    digits=st.integers(1, 10**9),
    places=st.integers(0, 8),
)
def test_a_converted_tolerance_is_one_euro_at_the_rate(
    currency: str, digits: int, places: int
) -> None:
    """With the decimal module as witness, for every currency on the list."""
    with localcontext() as context:
        context.prec = 60
        value = Decimal(digits).scaleb(-places)
        expected = value.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    rate = ConversionRate(base="EUR", quote=currency, value=f"{value:f}", source="test")

    assert tolerance_for(currency, rate=rate).amount == Money(int(expected), currency)
