"""Histories of orders: random walks along the lifecycle, with items and money that go with them.

Every history can be folded. Triggers are pulled only where the lifecycle and its guards allow them,
so an order in a history is one that could have come about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from ordercore.domain.orders import (
    Event,
    ItemProgressed,
    ItemState,
    Order,
    OrderCreated,
    RedeliveryRequested,
    SagaNoted,
    Transitioned,
    evolve,
    transition,
)
from ordercore.domain.orders.lifecycles import PROVISIONING, PROVISIONING_GUARDS
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import ProvisioningRules, place
from ordercore.kernel.ids import ActorId, OrderId, SagaId, TenantId
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal
from ordercore.testing.fakes import START
from ordercore.testing.strategies.requests import order_requests

__all__ = ["History", "histories"]

History = tuple[tuple[Event, datetime], ...]
"""Events with their instants, the creation first; what `ordercore.domain.orders.fold` takes."""

_NEXT_ITEM_STATES = {
    ItemState.PENDING: (ItemState.PROVISIONING,),
    ItemState.PROVISIONING: (ItemState.ACTIVE, ItemState.FAILED),
    ItemState.ACTIVE: (ItemState.ROLLED_BACK,),
    ItemState.FAILED: (ItemState.ROLLED_BACK,),
    ItemState.ROLLED_BACK: (),
}
_SETBACKS = frozenset({"cancel", "reject", "revert_payment", "fail"})
_BUILDING = frozenset({"provisioning", "partially_fulfilled"})


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    tenant: str = "tenant-a",
    order_id: str = "order-1",
    max_events: int = 20,
) -> History:
    """Draw the history of one order, of at least its creation and at most ``max_events`` more."""
    created = _created(draw, tenant, order_id)
    at = START
    order = evolve(None, created, at)
    told: list[tuple[Event, datetime]] = [(created, at)]
    for _ in range(draw(st.integers(0, max_events))):
        at += timedelta(microseconds=draw(st.integers(0, 10**9)))
        onward, setbacks = _possible(order, at)
        if setbacks and (not onward or draw(st.integers(0, 7)) == 7):
            event = draw(st.sampled_from(setbacks))
        elif onward:
            event = draw(st.sampled_from(onward))
        else:
            break
        order = evolve(order, event, at)
        told.append((event, at))
    return tuple(told)


def _created(draw: st.DrawFn, tenant: str, order_id: str) -> OrderCreated:
    created = place(
        draw(order_requests(max_items=3)),
        tenant=TenantId(tenant),
        order_id=OrderId(order_id),
        rules=ProvisioningRules(),
    )
    assert not isinstance(created, Refusal), created
    return created


def _possible(order: Order, at: datetime) -> tuple[list[Event], list[Event]]:
    """Return what may happen next: what brings the order on, and what throws it back.

    Setbacks are drawn rarely, or hardly any walk would come to the far end of the lifecycle.
    """
    every = [*_transitions(order, at), *_item_events(order), *_remarks(order)]
    setbacks = [event for event in every if _is_setback(event)]
    return [event for event in every if event not in setbacks], setbacks


def _is_setback(event: Event) -> bool:
    match event:
        case Transitioned(trigger=trigger):
            return trigger in _SETBACKS
        case ItemProgressed(dest=dest):
            return dest is ItemState.FAILED
        case _:
            return False


def _transitions(order: Order, at: datetime) -> list[Event]:
    found: list[Event] = []
    for row in PROVISIONING.rows:
        if row.source != order.state:
            continue
        event = transition(
            order,
            row.trigger,
            lifecycle=PROVISIONING,
            guards=PROVISIONING_GUARDS,
            facts=order.facts,
            actor=Actor(ActorId("someone"), row.who[0]),
            postings=_postings(order, row.trigger, at),
        )
        if not isinstance(event, Refusal):
            found.append(event)
    return found


def _postings(order: Order, trigger: str, at: datetime) -> tuple[LedgerEntry, ...]:
    if trigger == "confirm_payment":
        key = f"payment-{order.version}"
        return (LedgerEntry(kind=EntryKind.CONFIRMED, amount=order.total, key=key, at=at),)
    if trigger == "revert_payment":
        taken = [entry for entry in order.ledger if entry.kind is EntryKind.CONFIRMED][-1]
        return (LedgerEntry(kind=EntryKind.REVERSED, amount=taken.amount, key=taken.key, at=at),)
    return ()


def _item_events(order: Order) -> list[Event]:
    if order.state not in _BUILDING:
        return []
    return [
        ItemProgressed(
            item=item.id,
            source=item.state,
            dest=dest,
            resource=f"resource-{item.id}" if dest is ItemState.ACTIVE else None,
            reason="it broke" if dest is ItemState.FAILED else "",
        )
        for item in order.items
        for dest in _NEXT_ITEM_STATES[item.state]
    ]


def _remarks(order: Order) -> list[Event]:
    active = order.items_in(ItemState.ACTIVE)
    if not active:
        return []
    return [
        RedeliveryRequested(items=active),
        SagaNoted(saga_id=SagaId("saga-1"), note="step_done", branch=active[0], step="provision"),
    ]
