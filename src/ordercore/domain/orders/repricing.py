"""An order of goods costs less than when it was placed: what was taken off which line, and why."""

from __future__ import annotations

from enum import StrEnum

from attrs import evolve, frozen

from ordercore.domain.orders.lines import OrderItem
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money

__all__ = ["RepriceReason", "Repriced", "lowered"]


class RepriceReason(StrEnum):
    """Why a price is lowered after the order was placed."""

    GOODWILL = "goodwill"
    WRONG_PRICE = "wrong_price"  # it was sold for more than it should have been
    PRICE_GUARANTEE = "price_guarantee"  # it is cheaper elsewhere, or has become so
    DEFECT = "defect"  # the customer keeps goods that are not as they should be


@frozen(kw_only=True)
class Repriced:
    """Lines of the order cost less from now on.

    Attributes:
        lines: What is taken off each, net.
        why: The reason as a code.
        reason: The reason for a person.
        invoiced: There is an invoice, which stays as it is: a credit note says what is less.
        total: What the order costs from now on, tax included.
    """

    lines: tuple[tuple[ItemId, Money], ...]
    why: RepriceReason
    reason: str
    invoiced: bool
    total: Money


def lowered(
    items: tuple[OrderItem, ...], lines: tuple[tuple[ItemId, Money], ...], *, invoiced: bool
) -> tuple[OrderItem, ...]:
    """Return the items with ``lines`` taken off their net prices.

    Args:
        items: Those of the order.
        lines: What is taken off which.
        invoiced: Their invoice stands; what is less is credited.
    """
    off = dict(lines)
    return tuple(_lowered(i, off[i.id], invoiced) if i.id in off else i for i in items)


def _lowered(item: OrderItem, off: Money, invoiced: bool) -> OrderItem:
    if invoiced:
        return evolve(item, credited=off if item.credited is None else item.credited + off)
    return evolve(item, lowered_by=off if item.lowered_by is None else item.lowered_by + off)
