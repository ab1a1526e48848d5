"""Rates and the rows of a document."""

from __future__ import annotations

import pytest

from ordercore.domain.billing import EXEMPTING, TaxCategory, TaxRate, tax_rows
from ordercore.kernel import CurrencyMismatch, InvalidInput, Money
from tests.unit.domain.billing.papers import EXEMPT, REDUCED, STANDARD, euros


def test_tax_is_rounded_once_per_rate() -> None:
    """Three lines of 0.33 at 20 % owe 0.20 together, though 0.07 three times is 0.21."""
    (row,) = tax_rows((STANDARD, euros(33)) for _ in range(3))
    assert (euros(99), euros(20)) == (row.taxable, row.tax)


def test_a_tie_goes_away_from_zero() -> None:
    """0.10 at 5 % is half a cent, which is a cent."""
    five = TaxRate(category=TaxCategory.STANDARD, basis_points=500)
    (row,) = tax_rows([(five, euros(10))])
    assert euros(1) == row.tax


def test_each_rate_has_its_row() -> None:
    """Ordered by category and percentage, whatever the order of the lines."""
    amounts = [(STANDARD, euros(1000)), (EXEMPT, euros(500)), (REDUCED, euros(1000))]
    rows = tax_rows(amounts)
    assert tuple(row.rate for row in rows) == (EXEMPT, REDUCED, STANDARD)
    assert (euros(0), euros(55), euros(200)) == tuple(row.tax for row in rows)
    assert rows == tax_rows(reversed(amounts))


def test_a_currency_without_minor_unit_is_taxed_in_whole_units() -> None:
    """105 JPY at 10 % owe 11 JPY."""
    ten = TaxRate(category=TaxCategory.STANDARD, basis_points=1000)
    (row,) = tax_rows([(ten, Money(105, "JPY"))])
    assert Money(11, "JPY") == row.tax


def test_amounts_of_two_currencies_do_not_meet() -> None:
    """Also when each currency has a rate of its own."""
    with pytest.raises(CurrencyMismatch):
        tax_rows([(STANDARD, euros(1)), (REDUCED, Money(1, "CZK"))])


@pytest.mark.parametrize("category", list(TaxCategory))
def test_only_the_standard_category_has_a_percentage(category: TaxCategory) -> None:
    """It needs one above zero and at most 100; every other category is at zero."""
    reason = "because" if category in EXEMPTING else ""
    standard = category is TaxCategory.STANDARD
    for basis_points in (-1, 0, 1, 2000, 10_000, 10_001):
        fits = 0 < basis_points <= 10_000 if standard else basis_points == 0
        if fits:
            TaxRate(category=category, basis_points=basis_points, reason=reason)
        else:
            with pytest.raises(InvalidInput) as fault:
                TaxRate(category=category, basis_points=basis_points, reason=reason)
            assert (fault.value.field, fault.value.problem, fault.value.allowed) == (
                "basis_points",
                f"{basis_points} in category {category.value}",
                "1 to 10000" if standard else "0",
            )


@pytest.mark.parametrize("category", list(TaxCategory))
def test_who_charges_no_tax_says_why(category: TaxCategory) -> None:
    """And who charges some, or is taxed at nought percent, gives no reason."""
    basis_points = 2000 if category is TaxCategory.STANDARD else 0
    wrong = " " if category in EXEMPTING else "because"
    with pytest.raises(InvalidInput) as fault:
        TaxRate(category=category, basis_points=basis_points, reason=wrong)
    assert fault.value.field == "reason"
    needed = "needs one" if category in EXEMPTING else "has none"
    assert fault.value.problem == f"category {category.value} {needed}"


@pytest.mark.parametrize(
    ("basis_points", "percent"),
    [(2000, "20"), (1000, "10"), (550, "5.5"), (2125, "21.25"), (5, "0.05"), (10_000, "100")],
)
def test_a_percentage_is_written_in_its_shortest_form(basis_points: int, percent: str) -> None:
    """No zeros behind the point, none cut before it."""
    rate = TaxRate(category=TaxCategory.STANDARD, basis_points=basis_points)
    assert percent == rate.percent
