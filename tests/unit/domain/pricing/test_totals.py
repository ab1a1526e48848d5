from __future__ import annotations

import pytest

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import default_price_book, parse_price_book, price_order
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from tests.unit.domain.configurations import VALID


def test_an_order_is_the_sum_of_its_lines_under_one_version_of_the_book() -> None:
    """One server and one archive: 10.00 + 70.00."""
    items = [("vps", VALID["vps"]), ("storage", VALID["storage"])]

    priced = price_order(items, BillingCycle.MONTHLY, default_price_book())

    assert [line.amount for line in priced.lines] == [Money(1000, "EUR"), Money(7000, "EUR")]
    assert priced.total == Money(8000, "EUR")
    assert priced.price_book_version == default_price_book().version


def test_the_total_is_the_sum_of_rounded_lines_and_not_the_rounded_sum() -> None:
    """Three lines of 0.5 cents are nothing each; their sum rounded would be 2 cents."""
    book = parse_price_book(
        {
            "format": 1,
            "version": "v",
            "currency": "EUR",
            "annual": {"months": 12, "discount_percent": "20"},
            "products": {"thing": [{"step": "piece", "rate": "0.005"}]},
        }
    )

    assert price_order([("thing", {})] * 3, BillingCycle.MONTHLY, book).total == Money(0, "EUR")


def test_an_order_without_items_costs_nothing() -> None:
    """Zero in the currency of the book, not an error: whether it is allowed is not asked here."""
    assert price_order([], BillingCycle.ANNUAL, default_price_book()).total == Money(0, "EUR")


def test_one_item_without_a_price_leaves_no_total() -> None:
    """A partial total would be a wrong one."""
    items = [("vps", VALID["vps"]), ("desk", {})]

    with pytest.raises(InvalidInput, match="'desk' has no price"):
        price_order(items, BillingCycle.MONTHLY, default_price_book())
