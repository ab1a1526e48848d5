"""Stable name and version of every persisted type.

Names and shapes are public: rows written by an old release must be readable by a new one. Whoever
changes a shape raises its version here and adds an upcaster in `ordercore.codec.upcast`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ordercore.domain import insight, inventory, orders
from ordercore.engine import messaging, saga

__all__ = ["NAMES", "TYPES", "VERSIONS"]

TYPES: Final[Mapping[str, type[object]]] = MappingProxyType(
    {
        "order": orders.Order,
        "saga": saga.SagaState,
        "order-stats": insight.OrderStats,
        "dead-letter": messaging.DeadLetter,
        "stock-move": inventory.StockMove,
        "order-created": orders.OrderCreated,
        "transitioned": orders.Transitioned,
        "posted": orders.Posted,
        "repriced": orders.Repriced,
        "item-progressed": orders.ItemProgressed,
        "service-delivered": orders.ServiceDelivered,
        "redelivery-requested": orders.RedeliveryRequested,
        "withdrawn": orders.Withdrawn,
        "stock-reserved": orders.StockReserved,
        "stock-let-go": orders.StockLetGo,
        "stock-left": orders.StockLeft,
        "stock-taken-back": orders.StockTakenBack,
        "delivery-estimated": orders.DeliveryEstimated,
        "parcel-packed": orders.ParcelPacked,
        "parcel-labelled": orders.ParcelLabelled,
        "invoice-issued": orders.InvoiceIssued,
        "credit-note-issued": orders.CreditNoteIssued,
        "letter-sent": orders.LetterSent,
        "letter-requested": orders.LetterRequested,
        "overdue": orders.Overdue,
        "operator-task-done": orders.OperatorTaskDone,
        "saga-started": orders.SagaStarted,
        "saga-noted": orders.SagaNoted,
    }
)

NAMES: Final[Mapping[type[object], str]] = MappingProxyType({t: n for n, t in TYPES.items()})

VERSIONS: Final[Mapping[str, int]] = MappingProxyType(dict.fromkeys(TYPES, 1))
