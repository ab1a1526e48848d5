"""The order aggregate: values, events, the funnel that decides and the fold that evolves."""

from ordercore.domain.orders.decide import transition
from ordercore.domain.orders.events import (
    ITEM_EVENT_TYPES,
    Event,
    ItemProgressed,
    OrderCreated,
    Posted,
    RedeliveryRequested,
    SagaNoted,
    SagaStarted,
    ServiceDelivered,
    Transitioned,
    Withdrawn,
    event_type,
    is_published,
)
from ordercore.domain.orders.evolve import evolve, fold
from ordercore.domain.orders.lines import OPEN_ITEM_STATES, ItemState, OrderItem
from ordercore.domain.orders.order import Life, Order, SagaRef
from ordercore.domain.orders.sale import Recipient, Sale
from ordercore.domain.orders.sale_events import (
    SALE_EVENT_TYPES,
    CreditNoteIssued,
    DeliveryEstimated,
    InvoiceIssued,
    LetterSent,
    ParcelLabelled,
    SaleEvent,
    StockLeft,
    StockLetGo,
    StockReserved,
    StockTakenBack,
)

__all__ = [
    "CreditNoteIssued",
    "DeliveryEstimated",
    "Event",
    "ITEM_EVENT_TYPES",
    "InvoiceIssued",
    "ItemProgressed",
    "ItemState",
    "LetterSent",
    "Life",
    "OPEN_ITEM_STATES",
    "Order",
    "OrderCreated",
    "OrderItem",
    "ParcelLabelled",
    "Posted",
    "Recipient",
    "RedeliveryRequested",
    "SALE_EVENT_TYPES",
    "SagaNoted",
    "SagaRef",
    "SagaStarted",
    "Sale",
    "SaleEvent",
    "ServiceDelivered",
    "StockLeft",
    "StockLetGo",
    "StockReserved",
    "StockTakenBack",
    "Transitioned",
    "Withdrawn",
    "event_type",
    "evolve",
    "fold",
    "is_published",
    "transition",
]
