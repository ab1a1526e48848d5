from __future__ import annotations

import pytest
from iso4217 import Currency

from ordercore.kernel.currency import CURRENCIES, WITHOUT_MINOR_UNIT, exponent
from ordercore.kernel.errors import InvalidInput, UnknownCurrency


def test_the_table_agrees_with_an_independent_copy_of_the_iso_list() -> None:
    """Codes and exponents equal those of another transcription; the failure names each one."""
    theirs = {entry.code: entry.exponent for entry in Currency}
    ours: dict[str, int | None] = {**dict.fromkeys(WITHOUT_MINOR_UNIT), **CURRENCIES}

    differing = {
        code: (ours.get(code, "missing"), theirs.get(code, "missing"))
        for code in ours.keys() | theirs.keys()
        if ours.get(code, "missing") != theirs.get(code, "missing")
    }

    assert differing == {}


@pytest.mark.parametrize(
    ("code", "digits"),
    [("EUR", 2), ("JPY", 0), ("KWD", 3), ("BHD", 3), ("IQD", 3), ("ISK", 0), ("CLF", 4)],
)
def test_the_exponent_is_that_of_iso_and_not_of_local_habit(code: str, digits: int) -> None:
    """Zero, two, three and four decimals are all known."""
    assert digits == exponent(code)


@pytest.mark.parametrize("code", ["LAK", "AFN", "RSD", "MGA"])
def test_currencies_usually_written_without_decimals_still_have_their_two(code: str) -> None:
    """Locale data says zero for these; ISO says two, and providers follow ISO."""
    assert exponent(code) == 2


@pytest.mark.parametrize("code", ["eur", "Eur", "EUR ", "", "EURO", "DEM", "BGN", "XYZ"])
def test_a_code_that_is_not_on_the_list_as_written_is_refused(code: str) -> None:
    """Lower case, blanks, former currencies and inventions are all unknown."""
    with pytest.raises(UnknownCurrency) as caught:
        exponent(code)

    assert code == caught.value.currency


@pytest.mark.parametrize("code", sorted(WITHOUT_MINOR_UNIT))
def test_a_code_without_minor_unit_cannot_hold_an_amount(code: str) -> None:
    """Gold, baskets and the testing code have no minor unit to count."""
    with pytest.raises(InvalidInput, match="minor unit"):
        exponent(code)


def test_the_table_cannot_be_changed_by_an_importer() -> None:
    """The mapping is read-only, so one tenant's host cannot alter another's money."""
    with pytest.raises(TypeError):
        CURRENCIES["EUR"] = 3  # type: ignore[index]
