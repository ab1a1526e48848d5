"""Texts of amounts and dates in a locale."""

from __future__ import annotations

from datetime import date, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from ordercore.kernel.time import Instant, instant

__all__ = [
    "country_text",
    "date_text",
    "instant_text",
    "language_of",
    "money_text",
    "number_text",
    "zone_of",
]


def language_of(locale: str) -> str:
    """Return the language of a locale, such as ``de`` for ``de-AT`` and ``de_AT``.

    Raises:
        InvalidInput: there is no such locale.
    """
    return str(_locale(locale).language)


def country_text(code: str, locale: str) -> str:
    """Return the name of a country; the code itself where CLDR knows no name.

    Raises:
        InvalidInput: there is no such locale.

    >>> country_text("CZ", "de")
    'Tschechien'
    """
    return str(_locale(locale).territories.get(code, code))


def money_text(money: Money, locale: str) -> str:
    """Return an amount with its currency and all its decimals.

    Raises:
        InvalidInput: there is no such locale.

    >>> money_text(Money(123456, "EUR"), "en")
    '€1,234.56'
    """
    amount = Decimal(money.decimal_text())
    # The currency's own decimals, and no others: CLDR writes some currencies without theirs.
    return format_currency(
        amount,
        money.currency,
        locale=_locale(locale),
        currency_digits=False,
        format=_pattern(locale, decimals=-int(amount.as_tuple().exponent)),
    )


def number_text(number: str, locale: str) -> str:
    """Return plain decimal text, such as a percentage, with the locale's signs.

    Raises:
        InvalidInput: there is no such locale.

    >>> number_text("5.5", "de")
    '5,5'
    """
    return format_decimal(Decimal(number), locale=_locale(locale))


def date_text(day: date, locale: str) -> str:
    """Return a date with the month in words.

    Raises:
        InvalidInput: there is no such locale.

    >>> date_text(date(2026, 11, 20), "en")
    'November 20, 2026'
    """
    return format_date(day, format="long", locale=_locale(locale))


def instant_text(at: Instant, locale: str, *, zone: str) -> str:
    """Return date and time of day in a zone, which is named.

    Raises:
        InvalidInput: there is no such locale or zone, or ``at`` is no instant.
    """
    local, where = instant(at).astimezone(zone_of(zone)), _locale(locale)
    clock = format_time(local.time(), format="short", locale=where)
    return f"{format_date(local, format='long', locale=where)}, {clock} ({zone})"


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        InvalidInput: it is not known here.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InvalidInput(
            field="zone", problem=f"{name!r:.40} is not known here", allowed="an IANA zone name"
        ) from None


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        raise InvalidInput(
            field="locale", problem=f"{name[:40]!r} is not known", allowed="such as en or de-AT"
        ) from None


def _pattern(locale: str, *, decimals: int) -> str:
    standard = _locale(locale).currency_formats["standard"].pattern
    places = "." + "0" * decimals if decimals else ""
    return str(standard).replace(".00", places)
