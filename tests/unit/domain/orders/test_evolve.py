"""Folding events into an order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.domain.orders import (
    ITEM_EVENT_TYPES,
    Event,
    ItemProgressed,
    ItemState,
    Order,
    OrderCreated,
    Posted,
    RedeliveryRequested,
    SagaNoted,
    SagaRef,
    SagaStarted,
    ServiceDelivered,
    Transitioned,
    event_type,
    evolve,
    fold,
    is_published,
)
from ordercore.domain.processes import ProvisioningRules, place
from ordercore.kernel.errors import InvalidInput, NotFound
from ordercore.kernel.ids import ItemId, OrderId, SagaId, TenantId
from ordercore.kernel.money import Money
from ordercore.testing.builders import (
    a_database,
    a_vps,
    an_order,
    an_order_request,
    money_in,
    moved,
)
from ordercore.testing.fakes import START

ONE = ItemId("1")
LATER = START + timedelta(hours=1)


def created() -> OrderCreated:
    """Return the event that an order begins with."""
    event = place(
        an_order_request(),
        tenant=TenantId("t"),
        order_id=OrderId("o"),
        rules=ProvisioningRules(),
    )
    assert isinstance(event, OrderCreated)
    return event


def progressed(dest: ItemState, **more: object) -> ItemProgressed:
    """Return the progress of the first item."""
    return ItemProgressed(item=ONE, source=ItemState.PENDING, dest=dest, **more)  # type: ignore[arg-type]


def after(order: Order, *events: Event) -> Order:
    """Return the order after the events, an hour later."""
    for event in events:
        order = evolve(order, event, LATER)
    return order


EVENTS: list[Event] = [
    Transitioned(type="order.submitted", trigger="submit", source="draft", dest="pending_payment"),
    Posted(type="billing.x", postings=()),
    progressed(ItemState.PROVISIONING),
    ServiceDelivered(items=(ONE,)),
    RedeliveryRequested(items=(ONE,)),
    SagaStarted(saga_id=SagaId("s"), definition="refund"),
    SagaNoted(saga_id=SagaId("s"), note="step_done"),
]


def test_a_creation_makes_a_draft_of_version_one() -> None:
    """With nothing behind it."""
    order = evolve(None, created(), START)
    assert (order.state, order.version, order.created_at, order.ledger) == ("draft", 1, START, ())
    assert (order.submitted_at, order.deleted_at, order.sagas) == (None, None, ())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_raises_the_version_by_one(event: Event) -> None:
    """So a version names one place in the trail; and the instant is kept."""
    order = after(an_order(), event)
    assert (order.version, order.life.updated_at) == (2, LATER)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_only_a_transition_restarts_the_clock_of_the_state(event: Event) -> None:
    """Timeouts count from the entry."""
    expected = LATER if isinstance(event, Transitioned) else START
    assert after(an_order(), event).life.entered_at == expected


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_nothing_but_a_creation_begins_an_order(event: Event) -> None:
    """A history without a head is refused."""
    with pytest.raises(InvalidInput):
        evolve(None, event, START)


def test_an_order_is_created_once() -> None:
    """A second creation is refused."""
    with pytest.raises(InvalidInput):
        after(an_order(), created())


def test_a_history_without_events_is_no_order() -> None:
    """There is nothing to fold."""
    with pytest.raises(InvalidInput):
        fold([])


def test_folding_a_history_is_folding_its_events_one_by_one() -> None:
    """From the creation to the last."""
    stepwise = after(evolve(None, created(), START), *EVENTS)
    assert fold([(created(), START), *((event, LATER) for event in EVENTS)]) == stepwise


def test_the_first_submission_is_remembered() -> None:
    """A later one, after a restore, does not count again."""
    first = moved(an_order(), "submit", at=START)
    again = moved(first, "cancel", "restore", "submit", at=LATER)
    assert (first.submitted_at, again.submitted_at) == (START, START)


def test_hiding_keeps_its_first_instant_and_showing_forgets_it() -> None:
    """Cancelled, and restored."""
    hidden = Transitioned(type="x", trigger="cancel", source="draft", dest="cancelled", hidden=True)
    order = after(an_order(), hidden)
    assert order.deleted_at == LATER
    assert evolve(order, hidden, LATER + timedelta(days=1)).deleted_at == LATER
    shown = Transitioned(type="x", trigger="restore", source="cancelled", dest="draft")
    assert after(order, shown).deleted_at is None


def test_postings_go_to_the_end_of_the_ledger() -> None:
    """By a transition or by themselves."""
    first, second = money_in(1), money_in(2)
    order = after(
        an_order(),
        Transitioned(type="x", trigger="t", source="draft", dest="draft", postings=(first,)),
        Posted(type="y", postings=(second,)),
    )
    assert order.ledger == (first, second)


# -- items ---------------------------------------------------------------------------------------


def test_an_item_that_turns_active_has_a_resource_and_an_instant() -> None:
    """Both come with the event."""
    item = after(an_order(), progressed(ItemState.ACTIVE, resource="res-1")).item(ONE)
    assert (item.state, item.resource, item.active_at) == (ItemState.ACTIVE, "res-1", LATER)


def test_an_item_that_fails_keeps_its_resource_and_says_why() -> None:
    """Something of it may still be there."""
    order = after(
        an_order(),
        progressed(ItemState.ACTIVE, resource="res-1"),
        progressed(ItemState.FAILED, reason="gone wrong"),
    )
    item = order.item(ONE)
    assert (item.state, item.resource, item.failure) == (ItemState.FAILED, "res-1", "gone wrong")


def test_a_rolled_back_item_has_no_resource_and_still_says_why() -> None:
    """Nothing of it is left but its story."""
    order = after(
        an_order(),
        progressed(ItemState.ACTIVE, resource="res-1"),
        progressed(ItemState.FAILED, reason="gone wrong"),
        progressed(ItemState.ROLLED_BACK),
    )
    item = order.item(ONE)
    assert (item.resource, item.failure, item.active_at) == (None, "gone wrong", LATER)


def test_a_reset_item_is_as_new() -> None:
    """Only its snapshot stays."""
    order = after(
        an_order(),
        progressed(ItemState.ACTIVE, resource="r"),
        progressed(ItemState.FAILED, reason="x"),
        progressed(ItemState.PENDING),
    )
    assert order.items == an_order().items


def test_progress_of_one_item_leaves_the_others_alone() -> None:
    """They are on branches of their own."""
    order = an_order(an_order_request(a_vps(), a_database()))
    assert after(order, progressed(ItemState.ACTIVE)).items[1] == order.items[1]


# -- the aggregate's questions -------------------------------------------------------------------


def test_the_total_is_the_sum_of_the_lines() -> None:
    """In the order's currency."""
    order = an_order(an_order_request(a_vps(), a_database()))
    assert order.total == Money(10000, "EUR")
    assert [item.price for item in order.items] == [Money(1000, "EUR"), Money(9000, "EUR")]


def test_an_unknown_item_is_not_found() -> None:
    """The fault names order and item."""
    with pytest.raises(NotFound) as caught:
        an_order().item("9")
    assert caught.value.id == "order-1/9"


def test_the_facts_count_active_and_open_items() -> None:
    """Pending and provisioning ones are open."""
    order = an_order(an_order_request(a_vps(), a_vps(), a_vps()))
    facts = after(order, progressed(ItemState.ACTIVE)).facts
    assert (facts.active_items, facts.open_items, facts.refund_settled) == (1, 2, True)


def test_sagas_are_remembered_oldest_first() -> None:
    """By id and definition."""
    order = after(
        an_order(),
        SagaStarted(saga_id=SagaId("a"), definition="fulfilment"),
        SagaStarted(saga_id=SagaId("b"), definition="refund"),
    )
    assert order.sagas == (
        SagaRef(id=SagaId("a"), definition="fulfilment"),
        SagaRef(id=SagaId("b"), definition="refund"),
    )


# -- types ---------------------------------------------------------------------------------------


def test_every_event_has_a_type_and_only_saga_events_stay_inside() -> None:
    """Whatever is not about the inside of a saga is published."""
    types = {event_type(event): is_published(event) for event in [created(), *EVENTS]}
    assert types == {
        "order.created": True,
        "order.submitted": True,
        "billing.x": True,
        "order.item-provisioning": True,
        "order.service-delivered": True,
        "order.redelivery-requested": True,
        "saga.started": False,
        "saga.step-done": False,
    }


def test_every_state_of_an_item_has_an_event_type() -> None:
    """With dashes, as event types are written."""
    assert set(ITEM_EVENT_TYPES) == set(ItemState)
    assert ITEM_EVENT_TYPES[ItemState.ROLLED_BACK] == "order.item-rolled-back"
