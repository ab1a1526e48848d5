"""Fold an event into an order. Pure and total: the only way an order comes to be or changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve as changed

from ordercore.domain.orders.events import (
    Event,
    ItemProgressed,
    OrderCreated,
    Overdue,
    Posted,
    RedeliveryRequested,
    SagaStarted,
    Transitioned,
)
from ordercore.domain.orders.lines import ItemState, OrderItem
from ordercore.domain.orders.order import Life, Order, SagaRef
from ordercore.domain.orders.repricing import Repriced, lowered
from ordercore.domain.orders.sale import Sale
from ordercore.domain.orders.sale_events import LetterRequested, SaleEvent, change_sale
from ordercore.kernel.errors import InvalidInput

__all__ = ["evolve", "fold"]

_SUBMIT = "submit"
_DELIVER = "deliver"


def evolve(order: Order | None, event: Event, at: datetime) -> Order:
    """Return the order after ``event``.

    Raises:
        InvalidInput: when the first event is not the creation, or a later one is.
    """
    if isinstance(event, OrderCreated) is not (order is None):
        raise InvalidInput(
            field="event", problem="an order begins with its creation, and only there"
        )
    if order is None:
        assert isinstance(event, OrderCreated)
        return _created(event, at)
    life = order.life
    if isinstance(event, Transitioned):
        return changed(
            order,
            life=Life(state=event.dest, version=life.version + 1, entered_at=at, updated_at=at),
            ledger=order.ledger + event.postings,
            submitted_at=order.submitted_at or (at if event.trigger == _SUBMIT else None),
            deleted_at=(order.deleted_at or at) if event.hidden else None,
            sale=_delivered(order.sale, at) if event.trigger == _DELIVER else order.sale,
        )
    same_state = Life(
        state=life.state,
        version=life.version + 1,
        entered_at=life.entered_at,
        updated_at=at,
        overdue=life.overdue or isinstance(event, Overdue),
    )
    if isinstance(event, SaleEvent):
        again = (at,) if isinstance(event, LetterRequested) else ()
        return changed(
            order,
            life=same_state,
            sale=change_sale(_sale(order), event),
            redeliveries=order.redeliveries + again,
        )
    match event:
        case Posted(postings=postings):
            return changed(order, life=same_state, ledger=order.ledger + postings)
        case ItemProgressed() | Repriced():
            return changed(order, life=same_state, items=_items(order.items, event, at))
        case SagaStarted(saga_id=saga_id, definition=definition):
            ref = SagaRef(id=saga_id, definition=definition)
            return changed(order, life=same_state, sagas=(*order.sagas, ref))
        case RedeliveryRequested():
            return changed(order, life=same_state, redeliveries=(*order.redeliveries, at))
        case _:  # an event that says something and changes nothing but the version
            return changed(order, life=same_state)


def fold(events: Iterable[tuple[Event, datetime]]) -> Order:
    """Return the order that a whole history makes.

    Raises:
        InvalidInput: when the history is empty or does not begin with the creation.
    """
    order: Order | None = None
    for event, at in events:
        order = evolve(order, event, at)
    if order is None:
        raise InvalidInput(field="events", problem="an order has at least one event")
    return order


def _created(event: OrderCreated, at: datetime) -> Order:
    return Order(
        tenant=event.tenant,
        id=event.order_id,
        kind=event.kind,
        reference=event.reference,
        customer=event.customer,
        currency=event.currency,
        billing_cycle=event.billing_cycle,
        items=event.items,
        life=Life(state=event.state, version=1, entered_at=at, updated_at=at),
        created_at=at,
        express_request=event.express_request,
        quote_rate=event.quote_rate,
        sale=event.sale,
        submitted_at=at if event.sale else None,  # goods are checked out at once, never a draft
    )


def _sale(order: Order) -> Sale:
    if order.sale is None:
        raise InvalidInput(field="event", problem="an order of services has no stock and no parcel")
    return order.sale


def _delivered(sale: Sale | None, at: datetime) -> Sale | None:
    return changed(sale, delivered_at=at) if sale else None


def _items(
    items: tuple[OrderItem, ...], event: ItemProgressed | Repriced, at: datetime
) -> tuple[OrderItem, ...]:
    if isinstance(event, Repriced):
        return lowered(items, event.lines, invoiced=event.invoiced)
    return tuple(_progressed(i, event, at) if i.id == event.item else i for i in items)


def _progressed(item: OrderItem, event: ItemProgressed, at: datetime) -> OrderItem:
    fresh = event.dest is ItemState.PENDING
    gone = event.dest is ItemState.ROLLED_BACK
    return changed(
        item,
        state=event.dest,
        resource=None if fresh or gone else (event.resource or item.resource),
        active_at=at if event.dest is ItemState.ACTIVE else None if fresh else item.active_at,
        failure="" if fresh else (event.reason or item.failure),
    )
