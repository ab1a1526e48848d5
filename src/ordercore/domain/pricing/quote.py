"""Compare an amount from outside with ours: the only place where a tolerance exists.

A customer's quote and a payment may differ from the computed price by up to 1.00 EUR, inclusively;
our price stands either way. For another currency the tolerance is converted with a rate that the
caller states, and the rate travels with the answer so that it can be stored with the order. Without
a rate only the exact amount matches: nothing is converted silently.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from ordercore.kernel.currency import exponent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money, Rounding, decimal_ratio, round_ratio
from ordercore.kernel.result import Refusal

__all__ = [
    "AmountKind",
    "ConversionRate",
    "Match",
    "Over",
    "TOLERANCE_EUR",
    "Tolerance",
    "Under",
    "compare_amounts",
    "tolerance_for",
]

TOLERANCE_EUR: Final = Money(100, "EUR")
"""How far an amount from outside may be off, inclusively."""


class AmountKind(StrEnum):
    """What the amount from outside is; it names the refusal."""

    QUOTE = "quote"
    PAYMENT = "amount"


@frozen(kw_only=True)
class ConversionRate:
    """How many units of ``quote`` one unit of ``base`` is worth, in major units.

    Attributes:
        base: ISO 4217 code converted from.
        quote: ISO 4217 code converted to.
        value: The rate as decimal text, such as ``1.0850``; above zero.
        source: Where the rate came from, such as a publisher and a date.
    """

    base: str
    quote: str
    value: str = field()
    source: str

    @value.validator
    def _above_zero(self, _attribute: object, value: str) -> None:
        if decimal_ratio(value, field="rate") <= 0:
            raise InvalidInput(field="rate", problem=f"{value} is not above zero")

    def convert(self, money: Money) -> Money:
        """Return the amount in ``quote``, rounded half-even to its minor unit.

        Raises:
            InvalidInput: the amount is not in ``base``.
        """
        if money.currency != self.base:
            raise InvalidInput(
                field="currency", problem=f"the rate converts {self.base}, not {money.currency}"
            )
        exact = decimal_ratio(self.value, field="rate") * Fraction(
            money.amount_minor * 10 ** exponent(self.quote), 10 ** exponent(self.base)
        )
        rounded = round_ratio(exact.numerator, exact.denominator, Rounding.HALF_EVEN)
        return Money(rounded, self.quote)


@frozen(kw_only=True)
class Tolerance:
    """How far two amounts may be apart, and the rate this was converted with, if any."""

    amount: Money
    rate: ConversionRate | None = None


@frozen(kw_only=True)
class Match:
    """The amount from outside is exactly ours."""

    rate: ConversionRate | None = None


@frozen(kw_only=True)
class Under:
    """The amount from outside is lower, within the tolerance; the difference is written off."""

    difference: Money
    rate: ConversionRate | None = None


@frozen(kw_only=True)
class Over:
    """The amount from outside is higher, within the tolerance; the difference is given back."""

    difference: Money
    rate: ConversionRate | None = None


def tolerance_for(currency: str, *, rate: ConversionRate | None = None) -> Tolerance:
    """Return the tolerance in a currency.

    Args:
        currency: The currency of the order.
        rate: From EUR to ``currency``; without one, only EUR has a tolerance above zero.

    Raises:
        InvalidInput: the rate does not convert from EUR to ``currency``.
        UnknownCurrency: the currency is not an ISO 4217 code.
    """
    if currency == TOLERANCE_EUR.currency:
        return Tolerance(amount=TOLERANCE_EUR)
    if rate is None:
        return Tolerance(amount=Money.zero(currency))
    if rate.quote != currency:
        raise InvalidInput(
            field="rate", problem=f"converts to {rate.quote}, not to {currency}", allowed=currency
        )
    return Tolerance(amount=rate.convert(TOLERANCE_EUR), rate=rate)


def compare_amounts(
    ours: Money, theirs: Money, tolerance: Tolerance, *, kind: AmountKind = AmountKind.PAYMENT
) -> Match | Under | Over | Refusal:
    """Compare an amount from outside with ours; a difference equal to the tolerance is accepted.

    Returns:
        `Match`, `Under` or `Over` with the difference (above zero), or a `Refusal` with the code
        ``quote_outside_tolerance`` or ``amount_outside_tolerance`` (by ``kind``) that names both
        amounts, or ``currency_mismatch`` when theirs is in another currency.

    Raises:
        CurrencyMismatch: the tolerance is not in the currency of ``ours``.
    """
    if theirs.currency != ours.currency:
        return Refusal(
            code="currency_mismatch",
            reason=f"the {kind} is {theirs} and our price is {ours}; nothing is converted",
        )
    difference = theirs - ours
    if abs(difference) > tolerance.amount:
        return Refusal(
            code=f"{kind}_outside_tolerance",
            reason=(
                f"the {kind} is {theirs}, our price is {ours}; "
                f"they may differ by at most {tolerance.amount}"
            ),
        )
    if difference.is_zero:
        return Match(rate=tolerance.rate)
    if difference.is_negative:
        return Under(difference=-difference, rate=tolerance.rate)
    return Over(difference=difference, rate=tolerance.rate)
