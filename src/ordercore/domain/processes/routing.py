"""Which downstream consumers hear of which event (P9). Data: a host replaces rows, not code."""

from __future__ import annotations

from ordercore.engine.messaging import RoutingMatrix

__all__ = ["ORDER_EVENTS", "PROVISIONING_ROUTES"]

ORDER_EVENTS = "order-events"
"""Topic of every event; the key is the order id."""

PROVISIONING_ROUTES = RoutingMatrix(
    consumers=("notify", "billing", "audit", "provision", "portal"),
    rows={
        "order.created": frozenset({"notify", "audit", "portal"}),
        "order.payment-confirmed": frozenset({"notify", "billing", "audit", "provision", "portal"}),
        "order.provisioning-started": frozenset({"audit", "provision", "portal"}),
        "order.fulfilled": frozenset({"notify", "billing", "audit", "portal"}),
        "order.cancelled": frozenset({"notify", "billing", "audit", "provision", "portal"}),
        "order.failed": frozenset({"notify", "billing", "audit", "provision", "portal"}),
        "order.service-delivered": frozenset({"notify", "audit", "portal"}),
        "billing.refund-requested": frozenset({"notify", "billing", "audit"}),
    },
    fallback=frozenset({"audit", "portal"}),
)
