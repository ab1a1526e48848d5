"""What may have happened to an order.

Each event knows its published type. Types starting with ``saga.`` are for the audit trail only; all
others also leave through the outbox. Shapes and types are public: a change needs an upcaster.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.orders.lines import ItemState, OrderItem
from ordercore.domain.orders.repricing import Repriced
from ordercore.domain.orders.sale import Sale
from ordercore.domain.orders.sale_events import SALE_EVENT_TYPES, SaleEvent
from ordercore.domain.payments import LedgerEntry
from ordercore.kernel.ids import ItemId, OrderId, SagaId, TenantId

__all__ = [
    "Event",
    "ITEM_EVENT_TYPES",
    "ItemProgressed",
    "OperatorTaskDone",
    "OrderCreated",
    "Overdue",
    "Posted",
    "RedeliveryRequested",
    "SagaNoted",
    "SagaStarted",
    "ServiceDelivered",
    "Transitioned",
    "Withdrawn",
    "event_type",
    "is_published",
]

ITEM_EVENT_TYPES = {state: f"order.item-{state.replace('_', '-')}" for state in ItemState}


@frozen(kw_only=True)
class OrderCreated:
    """An order was placed; everything it starts with.

    Attributes:
        billing_cycle: None for goods.
        sale: The selling side of an order of goods.
    """

    tenant: TenantId
    order_id: OrderId
    kind: str
    reference: str
    customer: str = field(repr=False)
    currency: str
    billing_cycle: BillingCycle | None
    items: tuple[OrderItem, ...]
    state: str
    express_request: bool = False
    quote_rate: str | None = None
    sale: Sale | None = None


@frozen(kw_only=True)
class Transitioned:
    """The order moved along its lifecycle.

    Attributes:
        type: Published type, from the row of the table.
        postings: What the transition means for the ledger.
        hidden: The order is soft-deleted in the new state.
    """

    type: str
    trigger: str
    source: str
    dest: str
    reason: str = ""
    postings: tuple[LedgerEntry, ...] = ()
    hidden: bool = False


@frozen(kw_only=True)
class Posted:
    """Entries were added to the ledger without a transition."""

    type: str
    postings: tuple[LedgerEntry, ...]
    reason: str = ""


@frozen(kw_only=True)
class ItemProgressed:
    """One item moved on."""

    item: ItemId
    source: ItemState
    dest: ItemState
    resource: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class ServiceDelivered:
    """The access credentials went out to the customer, once more or for the first time."""

    items: tuple[ItemId, ...]
    again: bool = False


@frozen(kw_only=True)
class RedeliveryRequested:
    """Somebody asked that the credentials be sent again."""

    items: tuple[ItemId, ...]


@frozen(kw_only=True)
class Withdrawn:
    """The customer withdrew from a fulfilled order; what runs goes down and money goes back."""

    reason: str = ""


@frozen(kw_only=True)
class Overdue:
    """The order has stayed in a state for longer than it should.

    Attributes:
        since: When it entered the state.
        task: An operator has to see to it now; False: it is only said.
    """

    state: str
    since: datetime
    task: bool


@frozen(kw_only=True)
class OperatorTaskDone:
    """An operator has seen to what was filed: an overdue order, a disputed payment."""

    reason: str


@frozen(kw_only=True)
class SagaStarted:
    """A saga was started for the order."""

    saga_id: SagaId
    definition: str


@frozen(kw_only=True)
class SagaNoted:
    """Something happened inside a saga: a step, an attempt, a late answer."""

    saga_id: SagaId
    note: str
    branch: str = ""
    step: str = ""
    attempt: int = 0
    forward: bool = True
    code: str = ""
    reason: str = ""


Event = (
    OrderCreated
    | Transitioned
    | Posted
    | ItemProgressed
    | ServiceDelivered
    | RedeliveryRequested
    | Withdrawn
    | SagaStarted
    | SagaNoted
    | Overdue
    | OperatorTaskDone
    | Repriced
    | SaleEvent
)

_FIXED_TYPES: dict[type, str] = {
    OrderCreated: "order.created",
    ServiceDelivered: "order.service-delivered",
    RedeliveryRequested: "order.redelivery-requested",
    Withdrawn: "order.withdrawn",
    OperatorTaskDone: "order.operator-task-done",
    Repriced: "order.repriced",
    SagaStarted: "saga.started",
    **SALE_EVENT_TYPES,
}


def event_type(event: Event) -> str:
    """Return the type under which the event is audited and, if at all, published."""
    if isinstance(event, (Transitioned, Posted)):
        return event.type
    if isinstance(event, ItemProgressed):
        return ITEM_EVENT_TYPES[event.dest]
    if isinstance(event, Overdue):
        return "order.needs-operator" if event.task else "order.overdue"
    if isinstance(event, SagaNoted):
        return f"saga.{event.note.replace('_', '-')}"
    return _FIXED_TYPES[type(event)]


def is_published(event: Event) -> bool:
    """Return whether the event leaves through the outbox."""
    return not isinstance(event, (SagaStarted, SagaNoted))
