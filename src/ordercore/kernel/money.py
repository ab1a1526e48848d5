"""Exact amounts of money: a whole number of minor units and a currency.

Nothing here is a float and nothing is converted: amounts of two currencies meeting in one operation
are an error. Fractions arise only in `Money.times_ratio` and are brought back to a whole number of
minor units at once, by a rounding that is named. To split an amount, use
`ordercore.kernel.allocate`, which loses no unit; never divide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from fractions import Fraction

from attrs import frozen

from ordercore.kernel.currency import CURRENCIES, exponent
from ordercore.kernel.errors import CurrencyMismatch, InvalidInput, UnknownCurrency

__all__ = ["Money", "Rounding", "decimal_ratio", "round_ratio"]

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_MAX_TEXT = 100


class Rounding(StrEnum):
    """How a fraction becomes a whole number; names as in the standard library's decimal module."""

    HALF_EVEN = "half_even"
    """To the nearest; a tie goes to the even neighbour."""
    HALF_UP = "half_up"
    """To the nearest; a tie goes away from zero."""
    HALF_DOWN = "half_down"
    """To the nearest; a tie goes towards zero."""
    DOWN = "down"
    """Towards zero."""
    UP = "up"
    """Away from zero."""
    FLOOR = "floor"
    """Towards minus infinity."""
    CEILING = "ceiling"
    """Towards plus infinity."""


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return ``numerator / denominator`` as a whole number, using integers only.

    Raises:
        InvalidInput: the denominator is zero.

    >>> round_ratio(5, 2, Rounding.HALF_EVEN), round_ratio(5, 2, Rounding.HALF_UP)
    (2, 3)
    """
    if denominator == 0:
        raise InvalidInput(field="denominator", problem="is zero", allowed="any other whole number")
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, remainder = divmod(numerator, denominator)
    if remainder == 0:
        return floor
    negative = numerator < 0
    match rounding:
        case Rounding.FLOOR:
            upwards = False
        case Rounding.CEILING:
            upwards = True
        case Rounding.DOWN:
            upwards = negative
        case Rounding.UP:
            upwards = not negative
        case _:
            upwards = _nearest_is_above(floor, 2 * remainder - denominator, rounding, negative)
    return floor + upwards


def _nearest_is_above(floor: int, past_half: int, rounding: Rounding, negative: bool) -> bool:
    if past_half != 0:
        return past_half > 0
    if rounding is Rounding.HALF_EVEN:
        return floor % 2 == 1
    return negative if rounding is Rounding.HALF_DOWN else not negative


def decimal_ratio(text: str, *, field: str = "ratio") -> Fraction:
    """Return the exact value of a plain decimal such as ``"0.2"`` or ``"-1.075"``.

    Raises:
        InvalidInput: naming ``field``, for anything but digits with one optional point and sign.

    >>> decimal_ratio("0.2")
    Fraction(1, 5)
    """
    digits, decimals = _decimal_parts(text, field)
    return Fraction(digits, 10**decimals)


def _decimal_parts(text: object, field: str) -> tuple[int, int]:
    """Return the digits of a strict decimal text as one integer, and how many were decimals."""
    allowed = 'plain decimal text such as "12.34" or "-0.05"'
    if type(text) is not str:
        raise InvalidInput(field=field, problem=f"got {type(text).__name__}", allowed=allowed)
    found = _DECIMAL.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if found is None:
        problem = f"{text[:40]!r} is not a plain decimal of at most {_MAX_TEXT} characters"
        raise InvalidInput(field=field, problem=problem, allowed=allowed)
    sign, whole, decimals = found.group(1), found.group(2), found.group(3) or ""
    return int(sign + whole + decimals), len(decimals)


@frozen(init=False, order=False)
class Money:
    """An exact amount in the minor unit of one ISO 4217 currency; may be negative.

    >>> str(Money(1234, "EUR") + Money(66, "EUR"))
    '13.00 EUR'
    """

    amount_minor: int
    currency: str

    def __init__(self, amount_minor: int, currency: str) -> None:
        """Hold ``amount_minor`` minor units of ``currency``.

        Raises:
            InvalidInput: the amount is not a plain int (a bool or a float is refused).
            UnknownCurrency: the currency is not an upper-case ISO 4217 code with a minor unit.
        """
        if type(amount_minor) is not int or type(currency) is not str or currency not in CURRENCIES:
            _refuse(amount_minor, currency)
        _set_amount(self, amount_minor)
        _set_currency(self, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return no money at all, in ``currency``."""
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], *, currency: str) -> Money:
        """Return the sum of ``amounts``; zero in ``currency`` when there are none.

        Raises:
            CurrencyMismatch: an amount is in another currency.
        """
        result = 0
        for money in amounts:
            if money.currency != currency:
                raise CurrencyMismatch(left=currency, right=money.currency)
            result += money.amount_minor
        return cls(result, currency)

    @classmethod
    def parse(cls, text: str, currency: str, *, field: str = "amount") -> Money:
        """Return the amount written as plain decimal text, such as ``"12.34"`` or ``"-0.05"``.

        Fewer decimals than the currency has are completed with zeros. More are refused, even zeros:
        whoever wrote them was thinking of another unit.

        Raises:
            InvalidInput: naming ``field``, for exponents, separators, spaces, signs other than one
                leading minus, leading zeros, words, or too many decimals.
            UnknownCurrency: the currency is not on the ISO list.
        """
        places = exponent(currency)
        digits, decimals = _decimal_parts(text, field)
        if decimals > places:
            raise InvalidInput(
                field=field,
                problem=f"{text!r} has {decimals} decimals",
                allowed=f"at most {places} in {currency}",
            )
        return cls(digits * 10 ** (places - decimals), currency)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount_minor + self._comparable(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.amount_minor - self._comparable(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount_minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount_minor < self._comparable(other)

    def __le__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount_minor <= self._comparable(other)

    def __gt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount_minor > self._comparable(other)

    def __ge__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.amount_minor >= self._comparable(other)

    def times(self, count: int) -> Money:
        """Return ``count`` times this amount, exactly.

        Raises:
            InvalidInput: the count is not a plain int.
        """
        if type(count) is not int:
            raise InvalidInput(
                field="count", problem=f"got {type(count).__name__}", allowed="a whole number"
            )
        return Money(self.amount_minor * count, self.currency)

    def times_ratio(
        self, ratio: Fraction | str, *, rounding: Rounding = Rounding.HALF_EVEN
    ) -> Money:
        """Return this amount times an exact ratio, rounded once to a whole minor unit.

        Args:
            ratio: A `Fraction`, or plain decimal text such as ``"0.8"``.
            rounding: What to do with the fraction of a minor unit.

        Raises:
            InvalidInput: the ratio is neither (a float is refused).

        >>> str(Money(2010, "EUR").times_ratio("0.8"))
        '16.08 EUR'
        """
        exact = ratio if isinstance(ratio, Fraction) else decimal_ratio(ratio)
        numerator = self.amount_minor * exact.numerator
        return Money(round_ratio(numerator, exact.denominator, rounding), self.currency)

    @property
    def is_zero(self) -> bool:
        """True for exactly nothing."""
        return self.amount_minor == 0

    @property
    def is_negative(self) -> bool:
        """True below zero."""
        return self.amount_minor < 0

    @property
    def is_positive(self) -> bool:
        """True above zero."""
        return self.amount_minor > 0

    def decimal_text(self) -> str:
        """Return the amount as plain decimal text in the major unit, such as ``"12.34"``.

        Always with all decimals of the currency; `Money.parse` reads it back.
        """
        places = CURRENCIES[self.currency]
        digits = str(abs(self.amount_minor)).rjust(places + 1, "0")
        sign = "-" if self.amount_minor < 0 else ""
        if places == 0:
            return sign + digits
        return f"{sign}{digits[:-places]}.{digits[-places:]}"

    def __str__(self) -> str:
        return f"{self.decimal_text()} {self.currency}"

    def _comparable(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other.amount_minor


# The slots are set through their descriptors: prices are built by the million, and this constructor
# costs three quarters of a generated one with validators.
_set_amount: Callable[[Money, int], None] = Money.__dict__["amount_minor"].__set__
_set_currency: Callable[[Money, str], None] = Money.__dict__["currency"].__set__


def _refuse(amount_minor: object, currency: object) -> None:
    if type(amount_minor) is not int:
        raise InvalidInput(
            field="amount_minor",
            problem=f"got {type(amount_minor).__name__}",
            allowed="a whole number of minor units",
        )
    raise UnknownCurrency(currency=str(currency))
