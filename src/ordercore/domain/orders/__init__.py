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

__all__ = [
    "Event",
    "ITEM_EVENT_TYPES",
    "ItemProgressed",
    "ItemState",
    "Life",
    "OPEN_ITEM_STATES",
    "Order",
    "OrderCreated",
    "OrderItem",
    "Posted",
    "RedeliveryRequested",
    "SagaNoted",
    "SagaRef",
    "SagaStarted",
    "ServiceDelivered",
    "Transitioned",
    "Withdrawn",
    "event_type",
    "evolve",
    "fold",
    "is_published",
    "transition",
]
