"""An order is confirmed because its payment was authorised, and its events say so (R3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.domain.orders import Order
from ordercore.domain.payments import PaymentKind
from ordercore.engine.messaging import Envelope
from ordercore.engine.saga import Rejected
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import Shop
from tests.unit.app.test_retail_faults import to_the_end

BY_GATEWAY = [kind for kind in PaymentKind if kind not in ("cash_on_delivery", "in_person")]


def first(events: list[Envelope], kind: str) -> Envelope:
    """Return the first event of a type."""
    return next(event for event in events if event.type == kind)


@pytest.mark.parametrize("kind", BY_GATEWAY)
def test_the_confirmation_follows_from_the_authorisation(store: Store, kind: str) -> None:
    """It is published before it, from the same transaction, and is named as the cause."""
    order = store.confirmed(kind)
    store.settle()
    events = store.published(order)
    authorised, confirmed = first(events, "payment.authorized"), first(events, "order.confirmed")
    assert authorised.seq < confirmed.seq
    assert events.index(authorised) < events.index(confirmed)
    assert confirmed.causation_id == authorised.id
    assert authorised.causation_id == ""
    assert authorised.at == confirmed.at


def test_what_cash_confirms_follows_from_the_order(store: Store) -> None:
    """There is no payment to wait for."""
    events = _published(store, store.bought("cash_on_delivery"))
    assert first(events, "order.confirmed").causation_id == first(events, "order.created").id


def test_a_card_that_was_looked_up_leads_as_well(store: Store) -> None:
    """The answer was lost, the authorisation is found: the chain is the same."""
    store.script.plan("authorise", Lost())
    order = to_the_end(store, store.bought())
    events = store.published(order)
    confirmed = first(events, "order.confirmed")
    assert confirmed.causation_id == first(events, "payment.authorized").id


def test_a_second_attempt_is_the_cause_where_the_first_was_refused(store: Store) -> None:
    """Not whatever had been authorised or refused before."""
    store.script.plan("authorise", Rejected(code="insufficient_funds", reason="no"))
    order = store.bought()
    store.work()
    assert isinstance(store.retry(order), Order)
    events = _published(store, order)
    failed = first(events, "order.payment-failed")
    assert failed.causation_id == first(events, "payment.declined").id
    assert first(events, "order.confirmed").causation_id == first(events, "payment.authorized").id


def test_a_cause_is_an_earlier_event_of_the_same_moment(
    open_store: Callable[..., Store], open_shop: Callable[..., Shop]
) -> None:
    """Of goods and of services; every moment has events that follow from none."""
    store, shop = open_store(), open_shop()
    goods = to_the_end(store, store.bought("cash_on_delivery"))
    service = shop.paid()
    shop.run()
    for events in (_published(store, goods), shop.published(service)):
        known: dict[str, Envelope] = {}
        for event in events:
            if event.causation_id:
                cause = known[event.causation_id]
                assert cause.at == event.at
                assert cause.causation_id == "", "who leads follows from nothing"
            known[event.id] = event
        assert any(event.causation_id for event in events)


def _published(store: Store, order: Order) -> list[Envelope]:
    store.settle()
    return store.published(order)
