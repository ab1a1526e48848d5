"""Events: one type per trigger, one event each, in order, to whom the matrix says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import OrderFeed, RevertPayment, WorkOnce, drive
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ORDER_EVENTS, RETAIL_ROUTES
from ordercore.engine.messaging import Envelope, WorkKind, as_cloudevent, event_id
from ordercore.engine.saga import Failed, Rejected
from ordercore.ports import Batch
from ordercore.testing.builders import a_vps
from tests.unit.app.retail_shop import RULES, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Shop

TYPES = {
    "submit": "order.submitted",
    "confirm_payment": "order.payment-confirmed",
    "revert_payment": "order.payment-reverted",
    "start_validation": "order.validation-started",
    "start_provisioning": "order.provisioning-started",
    "fulfil_some": "order.partially-fulfilled",
    "fulfil": "order.fulfilled",
    "reject": "order.failed",
    "fail": "order.failed",
    "cancel": "order.cancelled",
    "restore": "order.restored",
}

MATRIX = {
    "order.created": "notify audit portal",
    "order.payment-confirmed": "notify billing audit provision portal",
    "order.provisioning-started": "audit provision portal",
    "order.fulfilled": "notify billing audit portal",
    "order.cancelled": "notify billing audit provision portal",
    "order.failed": "notify billing audit provision portal",
    "order.service-delivered": "notify audit portal",
    "billing.refund-requested": "notify billing audit",
}


def lives(shop: Shop) -> list[Order]:
    """Return orders that between them pulled every trigger there is."""
    orders = [shop.place(a_vps(), a_vps(), reference=f"R{n}") for n in range(4)]
    for order in orders:
        shop.pay(shop.revert(shop.pay(shop.submit(order))))
    shop.run()
    doomed = shop.submit(shop.place(reference="doomed"))
    shop.script.plan("provision 1", Rejected(code="no", reason="x"))
    shop.pay(doomed)
    shop.run()
    shop.limits.trouble = TimeoutError()
    late = shop.pay(shop.submit(shop.place(reference="late")))
    shop.work()
    shop.clock.advance(hours=24)
    shop.work()
    gone = shop.cancel(shop.place(reference="gone"))
    shop.restore(gone)
    shop.run()
    return [*orders, doomed, late, gone]


def test_every_trigger_publishes_one_event_of_its_own_type(shop: Shop) -> None:
    """The whole table is seen, and each transition is exactly one event."""
    seen = set()
    for order in lives(shop):
        transitions = [r for r in shop.history(order) if r.trigger]
        events = {e.seq: e.type for e in shop.published(order)}
        assert len(events) == len(shop.published(order))
        for record in transitions:
            assert events[record.seq] == TYPES[record.trigger]
            seen.add(record.trigger)
        assert shop.violations(order.id) == []
    assert seen == {row.trigger for row in PROVISIONING.rows}


def test_every_event_goes_to_whom_the_matrix_says(shop: Shop) -> None:
    """What it does not list goes to audit and portal; the topic is one and the same."""
    for order in lives(shop):
        shop.order(order)
    for sent in shop.broker.events:
        expected = MATRIX.get(sent.envelope.type, "audit portal").split()
        assert (sent.topic, list(sent.consumers)) == (ORDER_EVENTS, expected)
    assert MATRIX.keys() <= {sent.envelope.type for sent in shop.broker.events}


def test_events_carry_tenant_stream_and_correlation(shop: Shop) -> None:
    """Key is the order id; the tenant travels in an attribute."""
    caller = evolve(CUSTOMER, correlation_id="req-7")
    order = shop.place(caller=caller)
    shop.run()
    (event,) = shop.published(order)
    attributes = as_cloudevent(event)
    assert attributes["tenantid"] == TENANT
    assert (attributes["partitionkey"], attributes["subject"]) == (order.id, order.id)
    assert attributes["correlationid"] == "req-7"


def test_an_event_has_the_attributes_cloudevents_requires(shop: Shop) -> None:
    """specversion, id, source and type, none of them empty; no attribute is sent empty."""
    order = shop.place()
    shop.run()
    (event,) = shop.published(order)
    attributes = as_cloudevent(event, source="/shop")
    assert {"specversion", "id", "source", "type"} <= attributes.keys()
    assert attributes["specversion"] == "1.0"
    assert attributes["source"] == "/shop"
    assert attributes["time"] == "2026-01-05T12:00:00.000000Z"
    assert all(value != "" for value in attributes.values())
    assert "correlationid" not in attributes
    assert all(name.isalnum() and name == name.lower() for name in attributes)


def test_the_customers_name_is_never_published(shop: Shop) -> None:
    """It is personal; the event of the creation leaves it out."""
    order = shop.place(customer="Erika Mustermann")
    shop.run()
    assert "Erika" not in repr([as_cloudevent(e) for e in shop.published(order)])
    assert shop.order(order).customer == "Erika Mustermann"


def test_a_broker_that_takes_only_some_gets_the_rest_later_and_in_order(shop: Shop) -> None:
    """Sending stops at the first failure, so nothing overtakes."""
    order = shop.submit(shop.place())
    shop.revert(shop.pay(order))
    shop.broker.up = 1
    shop.handle(WorkOnce(kinds=(WorkKind.STREAM,)))
    assert shop.types(order) == ["order.created"]
    assert shop.next_due() == shop.clock.now() + timedelta(seconds=5)
    shop.broker.up = None
    shop.run()
    assert shop.types(order) == [
        "order.created",
        "order.submitted",
        "order.payment-confirmed",
        "order.payment-reverted",
    ]
    assert shop.violations(order.id) == []


def test_a_broker_that_is_away_loses_nothing(shop: Shop) -> None:
    """Nothing is marked, everything is sent again later; orders go on meanwhile."""
    shop.broker.broken = True
    order = shop.paid()
    shop.run(until=shop.clock.now() + timedelta(minutes=1))
    assert shop.order(order).state == "fulfilled"
    assert shop.types(order) == []
    shop.broker.broken = False
    shop.run()
    assert shop.types(order)[-1] == "order.service-delivered"
    assert shop.violations(order.id) == []


def test_an_event_sent_twice_has_the_same_id(shop: Shop) -> None:
    """A worker died between sending and marking: consumers can drop the repeat."""
    order = shop.place()
    shop.handle(WorkOnce(kinds=(WorkKind.STREAM,)))
    shop.tables.of(TENANT).published.clear()
    shop.cancel(order)
    shop.run()
    ids = [e.id for e in shop.published(order)]
    assert ids == [f"{order.id}.1", f"{order.id}.1", f"{order.id}.2"]
    assert shop.violations(order.id) == []


def test_more_events_than_one_batch_takes_are_sent_without_waiting(shop: Shop) -> None:
    """A hundred at a time, and the rest at the same instant."""
    order = shop.submit(shop.place())
    for _ in range(60):
        shop.revert(shop.pay(order))
    assert shop.handle(WorkOnce(kinds=(WorkKind.STREAM,))) is not None
    assert len(shop.published(order)) == 100
    assert shop.handle(WorkOnce(kinds=(WorkKind.STREAM,))) is not None
    assert len(shop.published(order)) == 122
    assert shop.violations(order.id) == []


def test_a_portal_follows_an_order_by_its_last_position(shop: Shop) -> None:
    """The feed shows each item's progress as it happens, published or not."""
    shop.broker.broken = True
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    first = shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id))
    assert [e.type for e in first if "item" in e.type] == [
        "order.item-provisioning",
        "order.item-provisioning",
        "order.item-active",
    ]
    shop.run(until=shop.clock.now() + timedelta(minutes=1))
    rest = shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id, after=first[-1].seq))
    assert [e.type for e in rest] == [
        "order.item-active",
        "order.fulfilled",
        "order.service-delivered",
    ]


@pytest.mark.parametrize("steps", [1, 2])
def test_state_and_event_are_written_together(shop: Shop, steps: int) -> None:
    """Right after the answer, before any worker ran, the event is in the outbox."""
    order = shop.place()
    if steps == 2:
        shop.submit(order)
    pending = [e.type for e in shop.tables.of(TENANT).outbox[order.id].values()]
    assert pending == ["order.created", "order.submitted"][:steps]


def test_steps_of_sagas_are_audited_and_not_published(shop: Shop) -> None:
    """They are for the audit trail; consumers see what they mean for the order."""
    order = shop.paid()
    shop.run()
    assert any(r.kind.startswith("saga.") for r in shop.history(order))
    assert not any(t.startswith("saga.") for t in shop.types(order))


def test_a_refused_request_publishes_nothing(shop: Shop) -> None:
    """Nor does it leave a record."""
    order = shop.paid()
    before = len(shop.history(order))
    shop.handle(RevertPayment(caller=CUSTOMER, order_id=order.id, reason="x"))
    assert len(shop.history(order)) == before
    assert shop.handle(RevertPayment(caller=OPERATOR, order_id=order.id, reason="x")) is not None
    assert len(shop.history(order)) == before + 1


def test_a_stream_of_the_hosts_own_is_published_too(shop: Shop) -> None:
    """There is no order to go by, so the type says where its events go."""
    stream = "no-order"
    event = Envelope(
        id=event_id(stream, 1),
        type="order.fulfilled",
        tenant=TENANT,
        stream=stream,
        seq=1,
        at=shop.clock.now(),
        correlation_id="",
        data="{}",
    )
    drive(shop.ports.store.commit(Batch(tenant=TENANT, outbox=(event,))))
    shop.run()
    (sent,) = shop.broker.events
    assert (sent.envelope, sent.consumers) == (event, ("notify", "billing", "audit", "portal"))


def test_a_reader_that_lags_behind_changes_no_route(open_shop: Callable[..., Shop]) -> None:
    """The order is looked for where it is written."""
    shop = open_shop()
    order = shop.place()

    class Lagging:
        async def get(self, tenant: object, order_id: object) -> None:
            return None

    seen = shop.ports
    shop.ports = evolve(seen, orders=Lagging())
    shop.handle(WorkOnce(kinds=(WorkKind.STREAM,)))
    shop.ports = seen
    (sent,) = shop.broker.events
    assert (sent.envelope.stream, sent.consumers) == (order.id, ("notify", "audit", "portal"))


def test_events_of_goods_go_by_the_table_of_goods(open_store: Callable[..., Store]) -> None:
    """A warehouse hears that an order was called off, although services have such an event too."""
    fewer = {"order.cancelled": frozenset({"audit", "warehouse"})}
    rows = evolve(RETAIL_ROUTES, rows={**RETAIL_ROUTES.rows, **fewer})
    store = open_store(selling=evolve(RULES, routes=rows))
    store.cancel(store.confirmed("debit_card"))
    store.settle()
    heard = {sent.envelope.type: sent.consumers for sent in store.broker.events}
    assert heard["order.created"] == ("notify", "audit", "portal")
    assert heard["order.confirmed"] == ("notify", "billing", "audit", "warehouse", "portal")
    assert heard["order.cancelled"] == ("audit", "warehouse")
    listed = RETAIL_ROUTES.rows.keys() & heard.keys()
    assert {name: heard[name] for name in listed} == {name: rows.routes(name) for name in listed}
