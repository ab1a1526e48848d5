"""The checks of orders: the numbered rules, the facts they look at, and how to run them."""

from __future__ import annotations

from ordercore.domain.validation.catalogue import ALL_RULES, LIVE_RULES, STATIC_RULES
from ordercore.domain.validation.facts import LiveFacts, OrderFacts
from ordercore.domain.validation.provisioning import (
    run_order_checks,
    validate_item,
    validate_order,
)

__all__ = [
    "ALL_RULES",
    "LIVE_RULES",
    "LiveFacts",
    "OrderFacts",
    "STATIC_RULES",
    "run_order_checks",
    "validate_item",
    "validate_order",
]
