"""ISO 4217 currency codes and how many decimals each has.

The table is ISO 4217 list one as published on 2026-01-01, funds codes included. Locale data is no
substitute: it says how people write amounts, not what the minor unit is, and differs on a dozen
codes. Entries for which ISO gives no minor unit (precious metals, baskets, testing, "no currency")
are listed apart: an integer count of minor units has no meaning there, so `exponent` refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from ordercore.kernel.errors import UnknownCurrency

__all__ = ["CURRENCIES", "LIST_PUBLISHED_ON", "WITHOUT_MINOR_UNIT", "exponent"]

LIST_PUBLISHED_ON: Final = date(2026, 1, 1)
"""The day ISO published the list this table was taken from."""

_CODES_BY_EXPONENT: Final = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "),
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP "
        "BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB "
        "EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
        "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
        "MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
        "RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG "
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND "),
    4: ("CLF UYW "),
}

CURRENCIES: Final[Mapping[str, int]] = MappingProxyType(
    {code: digits for digits, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
)
"""Decimals of the minor unit for every active currency and funds code that has one."""

WITHOUT_MINOR_UNIT: Final = frozenset(
    ["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"]
)
"""Codes on the list that ISO gives no minor unit; no amount can be held in them."""


def exponent(code: str) -> int:
    """Return the number of decimals of a currency's minor unit.

    Codes are matched as written: lower case is refused, not corrected.

    Raises:
        UnknownCurrency: the code is not on the list, or has no minor unit.

    >>> exponent("EUR"), exponent("JPY"), exponent("KWD")
    (2, 0, 3)
    """
    try:
        return CURRENCIES[code]
    except (KeyError, TypeError):
        raise UnknownCurrency(currency=str(code)) from None
