"""Hypothesis strategies for what ordercore is given and what becomes of it."""

from __future__ import annotations

from ordercore.testing.strategies.configurations import (
    configurations,
    item_requests,
    json_values,
    spoilt_item_requests,
)
from ordercore.testing.strategies.histories import History, histories
from ordercore.testing.strategies.money import LARGEST_AMOUNT, amounts, currencies, money
from ordercore.testing.strategies.requests import (
    order_requests,
    references,
    spoilt_order_requests,
)

__all__ = [
    "History",
    "LARGEST_AMOUNT",
    "amounts",
    "configurations",
    "currencies",
    "histories",
    "item_requests",
    "json_values",
    "money",
    "order_requests",
    "references",
    "spoilt_item_requests",
    "spoilt_order_requests",
]
