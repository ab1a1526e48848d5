from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.catalog import default_catalogue
from ordercore.domain.pricing import PriceBooks, default_price_book, parse_price_book
from ordercore.kernel.errors import DefinitionError


def table(**changes: Any) -> dict[str, Any]:
    """Return a small valid price table with one term, whose rows can be replaced."""
    term: dict[str, Any] = {"step": "legs", "quantity": "legs", "rate": "3.50"}
    term = {key: value for key, value in {**term, **changes}.items() if value is not ...}
    return {
        "format": 1,
        "version": "v1",
        "currency": "EUR",
        "annual": {"months": 12, "discount_percent": "20"},
        "products": {"desk": [term]},
    }


def top(**changes: Any) -> dict[str, Any]:
    """Return the table with top-level entries replaced."""
    return {**table(), **changes}


def problems(broken: object) -> tuple[str, ...]:
    """Return the problems found in a table."""
    with pytest.raises(DefinitionError) as caught:
        parse_price_book(broken)  # type: ignore[arg-type]
    assert caught.value.name == "price book"
    return caught.value.problems


def test_the_default_book_prices_every_type_of_the_default_catalogue() -> None:
    """Nothing on offer is without a price."""
    priced = {formula.product_type for formula in default_price_book().formulas}

    assert priced == set(default_catalogue().types)
    assert default_price_book().currency == "EUR"


def test_rates_that_are_our_own_default_are_marked_so() -> None:
    """The storage of databases and GPU nodes has no published price."""
    marked = [(type, step) for type, step, why in default_price_book().assumptions if why]

    assert marked == [("database", "storage GB"), ("gpu", "storage GB")]


def test_the_default_book_is_parsed_once() -> None:
    """Asking again gives the same value."""
    assert default_price_book() is default_price_book()


def test_books_are_found_by_currency_and_nothing_is_converted() -> None:
    """A currency without a book has no prices."""
    dollars = parse_price_book(top(currency="USD", version="usd-1"))
    books = PriceBooks(books=(default_price_book(), dollars))

    assert books.for_currency("EUR") is default_price_book()
    assert books.for_currency("USD") is dollars
    assert books.for_currency("CHF") is None


def test_two_books_for_one_currency_are_refused() -> None:
    """Which of the two prices would hold?"""
    with pytest.raises(DefinitionError, match="EUR has more than one book"):
        PriceBooks(books=(default_price_book(), parse_price_book(table())))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ([], "price book: must be an object"),
        (top(format="1"), "format: must be 1"),
        (top(version=None), "version: must be text"),
        (top(currency="EURO"), "currency: 'EURO' is not an ISO 4217 code"),
        (top(surprise=1), "the unknown key 'surprise'"),
        (top(annual=None), "annual: must be an object"),
        (top(annual={"months": 0, "discount_percent": "20"}), "annual.months: must be a whole"),
        (top(annual={"months": 12}), "annual.discount_percent: must be text"),
        (top(annual={"months": 12, "discount_percent": "100.5"}), "must be at most 100"),
        (top(annual={"months": 12, "discount_percent": "-1"}), "must not be negative"),
        (top(annual={"months": 12, "discount_percent": "a lot"}), "not a plain decimal"),
        (top(products={}), "products: must not be empty"),
        (top(products={"desk": []}), "products.desk: must not be empty"),
        (top(products={"desk": {}}), "products.desk: must be a list"),
        (top(products={"desk": ["rate"]}), "products.desk[0]: must be an object"),
        (table(step=""), "products.desk[0].step: must be text"),
        (table(rate=3.5), "products.desk[0].rate: must be text"),
        (table(rate="3,50"), "products.desk[0].rate: '3,50' is not a plain decimal"),
        (table(rate="1e3"), "'1e3' is not a plain decimal"),
        (table(rate="NaN"), "'NaN' is not a plain decimal"),
        (table(rate="-1"), "products.desk[0].rate: must not be negative"),
        (table(rate=...), "products.desk[0].rate: must be text"),
        (table(quantity=5), "products.desk[0].quantity: must be text"),
        (table(rates={"a": "1"}), "rates need rate_by"),
        (table(rate_by="wood"), "has both rate and rate_by"),
        (table(rate=..., rate_by="wood"), "products.desk[0].rates: must be an object"),
        (table(rate=..., rate_by="wood", rates={}), "products.desk[0].rates: must not be empty"),
        (table(rate=..., rate_by="wood", rates={"oak": 5}), "rates.oak: must be text"),
        (table(multiplier=2), "multiplier and multiplied_when go together"),
        (table(multiplied_when="lacquer"), "multiplier and multiplied_when go together"),
        (table(multiplied_when="lacquer", multiplier=0), "multiplier: must be a whole number"),
        (table(multiplied_when="lacquer", multiplier="2"), "multiplier: must be a whole number"),
        (table(discount="5"), "the unknown key 'discount'"),
    ],
)
def test_a_fault_in_the_table_is_reported_with_its_path(broken: object, expected: str) -> None:
    """Each fault a person makes in the file is named where it is."""
    assert any(expected in problem for problem in problems(broken))


def test_all_faults_are_reported_together() -> None:
    """Fixing a file takes one round, not one per fault."""
    found = problems({**table(rate="x", step=""), "currency": "", "annual": {}})

    for part in ("rate:", "step:", "currency:", "annual.months:", "discount_percent:"):
        assert any(part in problem for problem in found), part
