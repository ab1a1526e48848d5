from __future__ import annotations

import pytest

from ordercore.domain.pricing import (
    TOLERANCE_EUR,
    AmountKind,
    ConversionRate,
    Match,
    Over,
    Tolerance,
    Under,
    compare_amounts,
    tolerance_for,
)
from ordercore.kernel.errors import CurrencyMismatch, InvalidInput, UnknownCurrency
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

EUR = tolerance_for("EUR")
OURS = Money(10_000, "EUR")


def rate(quote: str, value: str, base: str = "EUR") -> ConversionRate:
    """Return a conversion rate from EUR."""
    return ConversionRate(base=base, quote=quote, value=value, source="table of 2026-11-20")


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (10_000, Match()),
        (9_999, Under(difference=Money(1, "EUR"))),
        (9_900, Under(difference=Money(100, "EUR"))),
        (10_001, Over(difference=Money(1, "EUR"))),
        (10_100, Over(difference=Money(100, "EUR"))),
    ],
)
def test_a_difference_of_up_to_one_euro_is_accepted_inclusively(
    theirs: int, expected: object
) -> None:
    """Exactly 1.00 EUR either way is still within."""
    assert compare_amounts(OURS, Money(theirs, "EUR"), EUR) == expected


@pytest.mark.parametrize("theirs", [9_899, 10_101, 0, -10_000, 10**12])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (AmountKind.QUOTE, "quote_outside_tolerance"),
        (AmountKind.PAYMENT, "amount_outside_tolerance"),
    ],
)
def test_one_cent_more_is_refused_with_both_amounts(
    theirs: int, kind: AmountKind, code: str
) -> None:
    """The message lets a person see what was expected and what came."""
    refused = compare_amounts(OURS, Money(theirs, "EUR"), EUR, kind=kind)

    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert str(OURS) in refused.reason
    assert str(Money(theirs, "EUR")) in refused.reason
    assert "1.00 EUR" in refused.reason


def test_an_amount_in_another_currency_is_refused_and_not_converted() -> None:
    """The same number in another currency is no match."""
    refused = compare_amounts(OURS, Money(10_000, "USD"), EUR)

    assert isinstance(refused, Refusal)
    assert refused.code == "currency_mismatch"
    assert "100.00 USD" in refused.reason
    assert "100.00 EUR" in refused.reason


@pytest.mark.parametrize(
    ("currency", "value", "expected"),
    [
        ("USD", "1.0850", Money(108, "USD")),
        ("USD", "1.095", Money(110, "USD")),
        ("JPY", "163.4", Money(163, "JPY")),
        ("JPY", "0.4", Money(0, "JPY")),
        ("BHD", "0.4087", Money(409, "BHD")),
    ],
)
def test_the_tolerance_is_converted_with_a_stated_rate_that_comes_back(
    currency: str, value: str, expected: Money
) -> None:
    """Half-even to the minor unit, for currencies with none, two and three decimals."""
    stated = rate(currency, value)

    tolerance = tolerance_for(currency, rate=stated)

    assert tolerance == Tolerance(amount=expected, rate=stated)


@pytest.mark.parametrize("difference", [-2, 0, 2])
def test_every_accepted_answer_carries_the_rate_to_be_stored(difference: int) -> None:
    """Match, under and over alike."""
    stated = rate("USD", "1.0850")
    ours = Money(5_000, "USD")

    answer = compare_amounts(
        ours, ours + Money(difference, "USD"), tolerance_for("USD", rate=stated)
    )

    assert isinstance(answer, (Match, Under, Over))
    assert answer.rate == stated


def test_without_a_rate_only_the_exact_amount_matches() -> None:
    """Nothing is converted silently, so no tolerance is made up."""
    ours = Money(5_000, "USD")
    exact = tolerance_for("USD")

    assert compare_amounts(ours, ours, exact) == Match()
    assert isinstance(compare_amounts(ours, Money(4_999, "USD"), exact), Refusal)


def test_euros_need_no_rate() -> None:
    """The tolerance is stated in EUR."""
    assert Tolerance(amount=TOLERANCE_EUR) == tolerance_for("EUR")


def test_a_rate_for_other_currencies_than_asked_for_is_refused() -> None:
    """Neither the wrong target nor the wrong base is used by mistake."""
    with pytest.raises(InvalidInput, match="converts to CHF, not to USD"):
        tolerance_for("USD", rate=rate("CHF", "0.95"))
    with pytest.raises(InvalidInput, match="converts CHF, not EUR"):
        tolerance_for("USD", rate=rate("USD", "1.1", base="CHF"))
    with pytest.raises(UnknownCurrency):
        tolerance_for("EURO")


@pytest.mark.parametrize("value", ["0", "0.000", "-1.1", "1,1", "nan", ""])
def test_a_rate_is_plain_decimal_text_above_zero(value: str) -> None:
    """A rate of nothing would make any amount fit or none."""
    with pytest.raises(InvalidInput):
        rate("USD", value)


def test_a_tolerance_in_another_currency_than_the_price_is_a_programming_error() -> None:
    """It cannot be compared, so it is not guessed."""
    with pytest.raises(CurrencyMismatch):
        compare_amounts(Money(1, "USD"), Money(2, "USD"), EUR)
