"""Simulated gateway, capacity, notifications and broker: once, in order, and never too much."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from ordercore.domain.validation import LiveFacts
from ordercore.engine.messaging import Envelope, event_id
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.errors import IdempotencyKeyReused, InvalidInput
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    Notification,
    Outgoing,
    RefundRequest,
)
from ordercore.testing.contracts import (
    drive,
)
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    FAULT_FREE,
    FaultPlan,
    Rates,
    SimulatedCapacity,
    SimulatedEvents,
    SimulatedGateway,
    SimulatedNotifications,
    VirtualClock,
)

TENANT = TenantId("tenant-a")
REFUND = RefundRequest(
    key="refund-1",
    tenant=TENANT,
    order_id=OrderId("order-1"),
    payment_reference="payment-1",
    amount=Money(1000, "EUR"),
)


def always(kind: str, fate: str, *, seed: int = 1) -> FaultPlan:
    """Plan that every call of a kind meets one fate."""
    return FaultPlan(seed=seed, rates={kind: Rates(**{fate: 1000})})


def gateway(tmp_path: Path, faults: FaultPlan = FAULT_FREE) -> SimulatedGateway:
    """Open a gateway that has taken 15.00 EUR."""
    subject = SimulatedGateway(
        tmp_path / "gateway.sqlite3", faults=faults, clock=VirtualClock(START)
    )
    subject.pay("pay-1", TENANT, "REF-1", Money(1500, "EUR"), reference="payment-1")
    return subject


def refunded(subject: SimulatedGateway) -> int:
    """Sum what really was given back."""
    total = subject.books.rows("SELECT coalesce(sum(amount_minor), 0) FROM refunds")[0][0]
    assert isinstance(total, int)
    return total


def test_the_same_key_never_pays_twice(tmp_path: Path) -> None:
    """The customer's key names one payment; another content is a fault."""
    subject = gateway(tmp_path)
    amount = Money(100, "EUR")
    first = subject.pay("pay-2", TENANT, "REF-2", amount)
    assert subject.pay("pay-2", TENANT, "REF-2", amount) == first
    assert subject.pay("pay-2", TenantId("tenant-b"), "REF-2", amount) != first
    with pytest.raises(IdempotencyKeyReused):
        subject.pay("pay-2", TENANT, "REF-2", Money(101, "EUR"))
    with pytest.raises(InvalidInput, match="is taken"):
        subject.pay("pay-3", TENANT, "REF-3", amount, reference="payment-1")
    with pytest.raises(InvalidInput, match="amount"):
        subject.pay("pay-4", TENANT, "REF-4", Money(-1, "EUR"))
    assert len(subject.books.rows("SELECT * FROM payments")) == 3


def test_never_more_than_was_paid_is_given_back(tmp_path: Path) -> None:
    """Refunds that are still on their way count; other tenants' payments do not exist."""
    subject = gateway(tmp_path, always("refund", "delayed"))
    assert drive(subject.refund(REFUND)) == Accepted()
    assert drive(subject.find_refund(TENANT, "refund-1")) == Accepted()
    refused = {
        "over_refund": evolve(REFUND, key="b", amount=Money(501, "EUR")),
        "unknown_payment": evolve(REFUND, key="c", tenant=TenantId("tenant-b")),
        "invalid_amount": evolve(REFUND, key="d", amount=Money(0, "EUR")),
        "key_reused": evolve(REFUND, amount=Money(999, "EUR")),
    }
    for code, request in refused.items():
        outcome = drive(subject.refund(request))
        assert isinstance(outcome, Rejected)
        assert outcome.code == code
    other_currency = evolve(REFUND, key="e", amount=Money(100, "USD"))
    assert isinstance(drive(subject.refund(other_currency)), Rejected)
    assert drive(subject.refund(evolve(REFUND, key="f", amount=Money(500, "EUR")))) == Accepted()
    assert refunded(subject) == 1500


def test_a_delayed_refund_arrives(tmp_path: Path) -> None:
    """After its delay the look-up says so."""
    clock = VirtualClock(START)
    subject = SimulatedGateway(
        tmp_path / "gateway.sqlite3", faults=always("refund", "delayed"), clock=clock
    )
    subject.pay("pay-1", TENANT, "REF-1", Money(1500, "EUR"), reference="payment-1")
    drive(subject.refund(REFUND))
    clock.advance(90)
    assert drive(subject.find_refund(TENANT, "refund-1")) == Succeeded()


@pytest.mark.parametrize(
    ("fate", "given"),
    [("lost_done", 1000), ("lost_undone", 0), ("transient", 0), ("duplicated", 1000)],
)
def test_a_refund_is_given_once_or_not_at_all(tmp_path: Path, fate: str, given: int) -> None:
    """Whatever happens to the answer, and however often it is asked for."""
    subject = gateway(tmp_path, always("refund", fate))
    for _ in range(5):
        try:
            drive(subject.refund(REFUND))
        except TimeoutError:
            continue
    assert refunded(subject) == given
    found = drive(subject.find_refund(TENANT, "refund-1"))
    assert found == (Succeeded() if given else Absent())


def test_a_closed_account_takes_no_money_back(tmp_path: Path) -> None:
    """For good, which an operator has to put right by hand."""
    subject = gateway(tmp_path, always("refund", "rejected"))
    assert isinstance(drive(subject.refund(REFUND)), Rejected)
    assert refunded(subject) == 0


def test_capacity_knows_tenants_and_closes_regions_by_plan() -> None:
    """An outage is an exception, since nobody knows; facts of a tenant stay its own."""
    facts = {TENANT: LiveFacts(quota_remaining={"vps": 2})}
    clock = VirtualClock(START)
    types = ("vps",)
    open_ = SimulatedCapacity(clock=clock, facts=facts)
    assert drive(open_.live_facts(TENANT, types)).quota_remaining == (("vps", 2),)
    assert drive(open_.live_facts(TenantId("tenant-b"), types)) == LiveFacts()
    closed = SimulatedCapacity(clock=clock, facts=facts, faults=always("capacity", "rejected"))
    found = drive(closed.live_facts(TENANT, types))
    assert len(found.unavailable_regions) == 1
    assert found.quota_remaining == (("vps", 2),)
    down = SimulatedCapacity(clock=clock, faults=always("capacity", "transient"))
    with pytest.raises(ConnectionError):
        drive(down.live_facts(TENANT, types))


def test_an_outage_passes() -> None:
    """A later look is answered, so no order is stuck for good."""
    clock = VirtualClock(START)
    faults = FaultPlan(seed=1, rates={"capacity": Rates(transient=500)})
    subject = SimulatedCapacity(clock=clock, faults=faults)
    answered = []
    for _ in range(50):
        clock.advance(10)
        try:
            drive(subject.live_facts(TENANT, ()))
            answered.append(True)
        except ConnectionError:
            answered.append(False)
    assert {True, False} == set(answered)


@pytest.mark.parametrize("fate", ["lost_done", "duplicated", "delayed"])
def test_a_notification_is_sent_once(tmp_path: Path, fate: str) -> None:
    """Whatever happens to the answer, and however often it is asked for."""
    subject = SimulatedNotifications(
        tmp_path / "n.sqlite3", faults=always("notify", fate), clock=VirtualClock(START)
    )
    note = Notification(
        key="n-1",
        tenant=TENANT,
        order_id=OrderId("order-1"),
        kind="item-rolled-back",
        recipient="customer-1",
        text="gone",
    )
    for text in ("gone", "other", "words", "later"):
        try:
            drive(subject.send(evolve(note, text=text)))
        except TimeoutError:
            continue
    assert subject.books.rows("SELECT text FROM notifications") == [("gone",)]
    assert len(subject.books.rows("SELECT * FROM calls")) == 4


def events(count: int, stream: str = "order-1") -> tuple[Outgoing, ...]:
    """Make the first events of a stream."""
    return tuple(
        Outgoing(
            envelope=Envelope(
                id=event_id(stream, seq),
                type="order.created",
                tenant=TENANT,
                stream=stream,
                seq=seq,
                at=START,
                correlation_id="",
                data="{}",
            ),
            topic="order-events",
            consumers=("audit", "portal"),
        )
        for seq in range(1, count + 1)
    )


def test_events_of_a_stream_stay_in_order_whatever_fails(tmp_path: Path) -> None:
    """Sent until all are acknowledged, they arrive at least once, first arrivals in order."""
    faults = FaultPlan(
        seed=4, rates={"publish": Rates(transient=300, lost_done=200, duplicated=200)}
    )
    subject = SimulatedEvents(tmp_path / "e.sqlite3", faults=faults, clock=VirtualClock(START))
    waiting = events(60)
    partial = set()
    for _ in range(1000):
        if not waiting:
            break
        sent = drive(subject.publish(waiting))
        partial.add(0 < sent < len(waiting))
        waiting = waiting[sent:]
    assert waiting == ()
    assert True in partial
    first = subject.books.rows(
        "SELECT e.seq FROM distinct_events d JOIN events e USING (position) ORDER BY position"
    )
    assert [row[0] for row in first] == list(range(1, 61))
    assert subject.books.rows("SELECT count(*) > 60 FROM events") == [(1,)]


@pytest.mark.parametrize(("fate", "kept"), [("lost_done", 1), ("transient", 0)])
def test_sending_stops_at_the_first_that_is_not_acknowledged(
    tmp_path: Path, fate: str, kept: int
) -> None:
    """Whether it arrived or not; none behind it is sent."""
    subject = SimulatedEvents(
        tmp_path / "e.sqlite3", faults=always("publish", fate), clock=VirtualClock(START)
    )
    assert drive(subject.publish(events(3))) == 0
    assert subject.books.rows("SELECT count(*) FROM events") == [(kept,)]


def test_an_event_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    """With topic, consumers and the CloudEvents form."""
    subject = SimulatedEvents(tmp_path / "e.sqlite3", clock=VirtualClock(START))
    assert drive(subject.publish(events(1))) == 1
    ((topic, consumers, event),) = subject.books.rows("SELECT topic, consumers, event FROM events")
    assert (topic, consumers) == ("order-events", "audit portal")
    assert '"id": "order-1.1"' in str(event)
