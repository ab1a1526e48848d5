"""Letting old records go: when their time has come, and without a trace in anything else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordercore.app import AsyncOrderCore, OrderFeed, SweepRecords, VerifyAudit, WorkOnce
from ordercore.app._drive import drive
from ordercore.engine.messaging import InboxMark, Retention, Swept, WorkKind
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Shop

DAY = timedelta(days=1)
MARK = InboxMark(tenant=TENANT, consumer="billing", message_id="from elsewhere")


def with_records(shop: Shop) -> Any:
    """Return an order that was fulfilled just now; an answer and a mark are as old."""
    order = shop.paid()
    shop.run()
    drive(shop.ports.store.commit(Batch(tenant=TENANT, inbox=(MARK,))))
    return shop.order(order)


def test_records_go_when_their_own_time_has_come(shop: Shop) -> None:
    """Answers after a day, events after a week, marks after a month."""
    order = with_records(shop)
    events = len(shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id)))
    answers = len(shop.tables.of(TENANT).idempotency)
    assert events > 5
    shop.clock.advance(seconds=23 * 3600)
    assert shop.handle(SweepRecords()) == Swept()
    shop.clock.advance(seconds=3600)
    assert shop.handle(SweepRecords()) == Swept(answers=answers)
    shop.clock.advance(seconds=7 * 24 * 3600)
    assert shop.handle(SweepRecords()) == Swept(events=events)
    shop.clock.advance(seconds=23 * 24 * 3600)
    assert shop.handle(SweepRecords()) == Swept(marks=1)
    assert shop.handle(SweepRecords()) == Swept()


def test_the_periods_are_the_hosts_choice(shop: Shop) -> None:
    """Longer for events, shorter for marks."""
    with_records(shop)
    kept = SweepRecords(retention=Retention(events=10 * DAY, marks=8 * DAY))
    shop.clock.advance(seconds=9 * 24 * 3600)
    swept = shop.handle(kept)
    assert (swept.events, swept.marks) == (0, 1)
    shop.clock.advance(seconds=2 * 24 * 3600)
    assert shop.handle(kept).events > 0


def test_an_order_stays_as_it_is_when_its_records_are_gone(shop: Shop) -> None:
    """The trail is whole, the feed begins later, and the order can be worked on."""
    order = with_records(shop)
    shop.clock.advance(seconds=40 * 24 * 3600)
    while shop.handle(SweepRecords(limit=3)).total:
        pass
    assert shop.order(order) == order
    assert shop.handle(VerifyAudit(caller=OPERATOR, order_id=order.id)).whole
    assert shop.handle(OrderFeed(caller=CUSTOMER, order_id=order.id)) == ()
    assert shop.violations(order.id) == []


def test_events_that_the_broker_never_took_are_kept_for_ever(shop: Shop) -> None:
    """And leave in order when it is back, though what went before them is gone."""
    order = shop.submit(shop.place())
    shop.handle(WorkOnce(kinds=(WorkKind.STREAM,)))
    shop.pay(order)
    waiting = drive(shop.ports.outbox.pending(TENANT, order.id))
    shop.clock.advance(seconds=400 * 24 * 3600)
    assert shop.handle(SweepRecords()).events > 0
    assert drive(shop.ports.outbox.pending(TENANT, order.id)) == waiting != ()
    shop.handle(WorkOnce(kinds=(WorkKind.STREAM,)))
    assert drive(shop.ports.outbox.pending(TENANT, order.id)) == ()


def test_a_worker_may_sweep_for_one_tenant_only(shop: Shop) -> None:
    """Others keep what they have."""
    with_records(shop)
    shop.clock.advance(seconds=40 * 24 * 3600)
    assert shop.handle(SweepRecords(tenant=TenantId("another"))) == Swept()
    assert shop.handle(SweepRecords(tenant=TENANT)).total > 0


def test_the_async_face_sweeps_too(shop: Shop) -> None:
    """With ports that suspend."""
    with_records(shop)
    shop.clock.advance(seconds=40 * 24 * 3600)
    core = AsyncOrderCore(shop.suspending())
    assert asyncio.run(core.handle(SweepRecords())).total > 0


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"tenant": ""}, "tenant"),
        ({"retention": timedelta(days=7)}, "retention"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_it_is_asked(
    fields: dict[str, Any], named: str
) -> None:
    """Before any store hears of it."""
    with pytest.raises(InvalidInput) as fault:
        SweepRecords(**fields)
    assert fault.value.field == named
