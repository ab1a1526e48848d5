"""The total of an order: the sum of its rounded lines, never a rounding of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing.explain import PricedLine
from ordercore.domain.pricing.formulas import price_line
from ordercore.domain.pricing.price_book import PriceBook
from ordercore.kernel.money import Money

__all__ = ["PricedOrder", "price_order"]


@frozen(kw_only=True)
class PricedOrder:
    """The net price of an order for one billing period.

    Attributes:
        lines: One per item, in the order of the items.
        total: The sum of the lines' amounts.
        price_book_version: The book they were priced with.
    """

    lines: tuple[PricedLine, ...]
    total: Money
    price_book_version: str


def price_order(
    items: Iterable[tuple[str, Mapping[str, object]]], cycle: BillingCycle, book: PriceBook
) -> PricedOrder:
    """Price every item and add the rounded lines up.

    Args:
        items: Product type and validated configuration of each item.
        cycle: Monthly or annual billing.
        book: The price book of the order's currency.

    Raises:
        InvalidInput: the book cannot price one of the items.
    """
    lines = tuple(price_line(type, config, cycle, book) for type, config in items)
    total = Money.total((line.amount for line in lines), currency=book.currency)
    return PricedOrder(lines=lines, total=total, price_book_version=book.version)
