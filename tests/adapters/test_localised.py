"""Amounts and dates as people write them, and packages that say which extra they lack."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import CURRENCIES, InvalidInput, Money
from ordercore_adapters.localised import (
    country_text,
    date_text,
    instant_text,
    language_of,
    money_text,
    number_text,
)
from ordercore_adapters.smtp import Stationery

LOCALES = ("en", "de", "de-AT", "cs", "fr_CH", "ja", "en-IN", "sv", "pl")


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_no_digit_is_lost(amount_minor: int, currency: str) -> None:
    """In any locale and currency the digits are those of the amount, all its decimals included."""
    digits = Money(amount_minor, currency).decimal_text().lstrip("-").replace(".", "")
    for locale in LOCALES:
        text = money_text(Money(amount_minor, currency), locale)
        assert "".join(c for c in text if c in "0123456789") == digits
        assert any(c in "-\u2212" for c in text) == (amount_minor < 0)


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", "€1,234.56"),
        ("de", "1.234,56\u00a0€"),
        ("de-AT", "€\u00a01.234,56"),
        ("cs", "1\u00a0234,56\u00a0€"),
    ],
)
def test_amounts_are_written_as_people_do(locale: str, written: str) -> None:
    """Signs, gaps and the place of the currency are the locale's."""
    assert money_text(Money(123456, "EUR"), locale) == written


def test_currencies_keep_their_own_decimals() -> None:
    """None for yen, three for the dinar of Kuwait, two for the forint, whatever is usual."""
    written = [money_text(Money(1999, code), "de") for code in ("JPY", "KWD", "HUF")]
    assert written == ["1.999\u00a0¥", "1,999\u00a0KWD", "19,99\u00a0HUF"]


def test_a_time_of_day_names_its_zone() -> None:
    """Late in the evening it may be the next day there."""
    at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert instant_text(at, "de", zone="Europe/Vienna") == (
        "21. November 2026, 00:30 (Europe/Vienna)"
    )


def test_names_and_numbers() -> None:
    """Of countries, languages, dates and percentages."""
    assert country_text("AT", "cs") == "Rakousko"
    assert country_text("XX", "cs") == "XX"
    assert language_of("de-AT") == language_of("de_AT") == "de"
    assert date_text(date(2026, 11, 20), "cs") == "20. listopadu 2026"
    assert number_text("5.5", "cs") == "5,5"


@pytest.mark.parametrize("locale", ["", "xx", "e" * 500, "de AT", "../de", "de\x00"])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    """By all of them alike."""
    with pytest.raises(InvalidInput, match="locale"):
        money_text(Money(1, "EUR"), locale)
    with pytest.raises(InvalidInput, match="locale"):
        language_of(locale)


@pytest.mark.parametrize(
    ("library", "package", "extra"),
    [
        ("fpdf", "documents", "documents"),
        ("fontpkg", "documents", "documents"),
        ("barcode", "documents", "documents"),
        ("jinja2", "smtp", "smtp"),
        ("babel", "smtp", "smtp"),
        ("babel", "localised", "documents"),
    ],
)
def test_a_missing_extra_is_named(library: str, package: str, extra: str) -> None:
    """Whoever lacks a library learns what to install."""
    code = f"import sys; sys.modules['{library}'] = None; import ordercore_adapters.{package}"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    ).stderr
    assert f"pip install 'ordercore-adapters[{extra}]'" in told


@pytest.mark.parametrize("zone", ["Nowhere/Else", "", "../etc/passwd", "Europe"])
def test_a_zone_that_is_none_is_found_before_the_first_letter(zone: str) -> None:
    """Not when somebody is to be told until when they may pay."""
    with pytest.raises(InvalidInput, match="zone"):
        instant_text(datetime(2026, 11, 20, tzinfo=UTC), "en", zone=zone)
    with pytest.raises(InvalidInput, match="zone"):
        Stationery(shop="The shop", sender="orders@shop.example", zone=zone)
