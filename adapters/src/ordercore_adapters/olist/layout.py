"""Which files the public Olist set has and what their columns and status words mean here (R7).

Of the set's files three are read: orders, items, payments. A partial copy may bring further
delivered orders with their items in two files of its own; they are read when they are there. Only
the columns named here are looked at, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from ordercore.domain.orders.lifecycles import RetailState

__all__ = [
    "CURRENCY",
    "EXTRA_FILES",
    "ITEMS",
    "MAIN_FILES",
    "ORDERS",
    "PAYMENTS",
    "PROMISED",
    "REACHED",
    "STATUS",
    "STATUSES",
    "Table",
]

CURRENCY: Final = "BRL"
"""Every amount of the set is in this currency."""

STATUS: Final = "order_status"
PROMISED: Final = "order_estimated_delivery_date"

STATUSES: Final[Mapping[str, RetailState]] = MappingProxyType(
    {
        "created": RetailState.CREATED,
        "approved": RetailState.CONFIRMED,
        "processing": RetailState.IN_FULFILMENT,
        "invoiced": RetailState.READY,
        "shipped": RetailState.SHIPPED,
        "delivered": RetailState.COMPLETED,
        "canceled": RetailState.CANCELLED,
        "unavailable": RetailState.CANCELLED,
    }
)
"""The state that each status word of the set stands for."""

REACHED: Final[Mapping[str, RetailState]] = MappingProxyType(
    {
        "order_purchase_timestamp": RetailState.CREATED,
        "order_approved_at": RetailState.CONFIRMED,
        "order_delivered_carrier_date": RetailState.SHIPPED,
        "order_delivered_customer_date": RetailState.DELIVERED,
    }
)
"""The state that was reached at the time in each column."""


@frozen(kw_only=True)
class Table:
    """One kind of file.

    Attributes:
        name: What its rows are.
        columns: The columns that are read.
    """

    name: str
    columns: tuple[str, ...]


ORDERS: Final = Table(name="orders", columns=("order_id", STATUS, *REACHED, PROMISED))
ITEMS: Final = Table(name="items", columns=("order_id", "order_item_id", "price", "freight_value"))
PAYMENTS: Final = Table(
    name="payments", columns=("order_id", "payment_sequential", "payment_value")
)

MAIN_FILES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "olist_orders_dataset": ORDERS,
        "olist_order_items_dataset": ITEMS,
        "olist_order_payments_dataset": PAYMENTS,
    }
)
"""Files that have to be there, by name without ending."""

EXTRA_FILES: Final[Mapping[str, Table]] = MappingProxyType(
    {"extra_delivered_orders": ORDERS, "extra_delivered_order_items": ITEMS}
)
"""Files of a partial copy: both or neither."""
