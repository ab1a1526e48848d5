"""Which downstream consumers hear of which event (P9). Data: a host replaces rows, not code."""

from __future__ import annotations

from ordercore.engine.messaging import RoutingMatrix

__all__ = ["ORDER_EVENTS", "PROVISIONING_ROUTES", "RETAIL_ROUTES"]

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
        "billing.refund-returned": frozenset({"billing", "audit", "portal"}),
        "payment.charged-back": frozenset({"billing", "audit", "portal"}),
        "payment.dispute-won": frozenset({"billing", "audit", "portal"}),
    },
    fallback=frozenset({"audit", "portal"}),
)

RETAIL_ROUTES = RoutingMatrix(
    consumers=("notify", "billing", "audit", "warehouse", "portal"),
    rows={
        "order.created": frozenset({"notify", "audit", "portal"}),
        "order.awaiting-payment": frozenset({"notify", "audit", "portal"}),
        "order.payment-failed": frozenset({"notify", "audit", "portal"}),
        "order.payment-expired": frozenset({"notify", "audit", "portal"}),
        "order.payment-retried": frozenset({"notify", "audit", "portal"}),
        "order.confirmed": frozenset({"notify", "billing", "audit", "warehouse", "portal"}),
        "order.fulfilment-started": frozenset({"audit", "warehouse", "portal"}),
        "order.ready": frozenset({"billing", "audit", "warehouse", "portal"}),
        "order.shipped": frozenset({"notify", "audit", "portal"}),
        "order.delivered": frozenset({"notify", "audit", "portal"}),
        "order.completed": frozenset({"billing", "audit", "portal"}),
        "order.cancelled": frozenset({"notify", "billing", "audit", "warehouse", "portal"}),
        "order.repriced": frozenset({"notify", "billing", "audit", "portal"}),
        "order.returned": frozenset({"notify", "billing", "audit", "warehouse", "portal"}),
        "payment.authorized": frozenset({"billing", "audit", "portal"}),
        "payment.captured": frozenset({"billing", "audit", "portal"}),
        "billing.refund-returned": frozenset({"billing", "audit", "portal"}),
        "payment.charged-back": frozenset({"billing", "audit", "portal"}),
        "payment.dispute-won": frozenset({"billing", "audit", "portal"}),
        "invoice.created": frozenset({"notify", "billing", "audit", "portal"}),
        "invoice.credited": frozenset({"notify", "billing", "audit", "portal"}),
    },
    fallback=frozenset({"audit", "portal"}),
)
"""Which consumers hear of which event of a retail order (R4, R5)."""
