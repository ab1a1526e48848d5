"""What is particular to the memory adapter: the bundle, and services that can be looked into."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.delivery import Credentials
from ordercore.engine.messaging import Release, Work, WorkKind
from ordercore.engine.saga import Rejected
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    Batch,
    CredentialMail,
    Mode,
    Notification,
    Outgoing,
    ProvisionRequest,
    RefundRequest,
)
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import (
    AT,
    ONE,
    OTHER,
    a_batch,
    a_record,
    an_envelope,
    contents,
    order_id,
)
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory


def test_bundles_share_nothing() -> None:
    """Two calls make two worlds."""
    first, second = memory.ports(), memory.ports()
    drive(first.store.commit(a_batch()))
    assert drive(second.orders.get(ONE, order_id())) is None


def test_any_port_can_be_replaced() -> None:
    """By its name in the bundle; the rest stays complete."""
    clock, ids, events = ManualClock(), CountingIds(), memory.CollectedEvents()
    ports = memory.ports(clock=clock, ids=ids, publisher=events)
    assert (ports.clock, ports.ids, ports.publisher) == (clock, ids, events)
    assert ports.mode is Mode.NEUTRAL


def test_an_unknown_port_is_refused() -> None:
    """A misspelt name does not vanish."""
    with pytest.raises(TypeError, match="publischer"):
        memory.ports(publischer=None)


def test_records_expire_by_the_clock_of_the_bundle() -> None:
    """Not by that of the machine."""
    clock = ManualClock(AT)
    ports = memory.ports(clock=clock)
    record = a_record(expires_at=AT)
    drive(ports.store.commit(Batch(tenant=ONE, idempotency=record)))
    newer = evolve(record, fingerprint="other")
    drive(ports.store.commit(Batch(tenant=ONE, idempotency=newer)))
    assert drive(ports.idempotency.get(ONE, record.operation, record.key)) == newer


@pytest.mark.parametrize(
    "part",
    ["orders", "audit", "outbox", "sagas", "dead_letters", "credentials", "idempotency", "inbox"],
)
def test_a_batch_cannot_write_for_another_tenant(part: str) -> None:
    """A row of another tenant refuses the batch, whichever table it is for."""
    ports = memory.ports()
    mixed = evolve(Batch(tenant=ONE), **{part: getattr(a_batch(1, OTHER), part)})
    with pytest.raises(InvalidInput):
        drive(ports.store.commit(mixed))
    assert drive(contents(ports, OTHER)) == drive(contents(memory.ports(), OTHER))


def test_a_batch_cannot_release_work_of_another_tenant() -> None:
    """Though it holds the lease."""
    ports = memory.ports()
    work = Work(kind=WorkKind.SAGA, subject="a", due_at=AT)
    drive(ports.store.commit(Batch(tenant=OTHER, work=(work,))))
    (claim,) = drive(ports.store.claim(WorkKind.SAGA, now=AT))
    batch = Batch(tenant=ONE, releases=(Release(claim=claim, due_at=None),))
    with pytest.raises(InvalidInput):
        drive(ports.store.commit(batch))


def test_naming_a_lease_twice_in_one_batch_ends_it_once() -> None:
    """The batch is written in full."""
    ports = memory.ports()
    work = Work(kind=WorkKind.SAGA, subject="a", due_at=AT)
    drive(ports.store.commit(Batch(tenant=ONE, work=(work,))))
    (claim,) = drive(ports.store.claim(WorkKind.SAGA, now=AT))
    release = Release(claim=claim, due_at=None)
    batch = Batch(tenant=ONE, releases=(release, release), outbox=(an_envelope(),))
    drive(ports.store.commit(batch))
    assert drive(ports.outbox.pending(ONE, order_id())) == (an_envelope(),)


def a_provision_request(key: str, attempt: int) -> ProvisionRequest:
    """Return a request to build something."""
    return ProvisionRequest(
        key=key,
        attempt=attempt,
        tenant=ONE,
        order_id=order_id(),
        item=ItemId("1"),
        product_type="vps",
        config={},
    )


def test_the_provisioner_remembers_the_first_request_of_a_key() -> None:
    """Repeats leave no trace, and a key that was removed is turned down for good."""
    cloud = memory.InstantProvisioner()
    for attempt in (1, 2):
        drive(cloud.provision(a_provision_request("a", attempt)))
    assert [request.attempt for request in cloud.requests.values()] == [1]
    drive(cloud.deprovision(ONE, key="b", provision_key="a", resource=None))
    assert isinstance(drive(cloud.provision(a_provision_request("a", 3))), Rejected)
    assert cloud.removed == {(ONE, "a")}


def test_money_goes_back_once_per_key() -> None:
    """Another amount under the same key is not paid as well."""
    payments = memory.InstantPayments()
    for amount in (100, 999):
        refund = RefundRequest(
            key="a",
            tenant=ONE,
            order_id=order_id(),
            payment_reference="p",
            amount=Money(amount, "EUR"),
        )
        drive(payments.refund(refund))
    assert [refund.amount for refund in payments.refunds.values()] == [Money(100, "EUR")]


@pytest.mark.parametrize("tenant", [ONE, OTHER])
def test_notifications_are_kept_once_per_tenant_and_key(tenant: TenantId) -> None:
    """The first of each."""
    post = memory.CollectedNotifications()
    for text in ("first", "second"):
        drive(
            post.send(
                Notification(
                    key="a",
                    tenant=tenant,
                    order_id=order_id(),
                    kind="k",
                    recipient="r",
                    text=text,
                )
            )
        )
    assert [(key, note.text) for key, note in post.sent.items()] == [((tenant, "a"), "first")]


def test_collected_mail_keeps_no_secret() -> None:
    """Only which items' credentials went out, and under which key."""
    mailer = memory.CollectedMail()
    credentials = Credentials(values={"password": "a-secret"})
    mail = CredentialMail(
        key="a",
        tenant=ONE,
        order_id=order_id(),
        reference="REF-1",
        recipient="somebody",
        credentials={ItemId("2"): credentials, ItemId("1"): credentials},
    )
    for _ in range(2):
        drive(mailer.deliver(mail))
    noted = memory.SentMail(
        key="a", tenant=ONE, order_id=order_id(), items=(ItemId("1"), ItemId("2"))
    )
    assert mailer.sent == {(ONE, "a"): noted}


def test_collected_events_are_kept_in_order() -> None:
    """Twice if they were sent twice, as a broker would."""
    broker = memory.CollectedEvents()
    event = Outgoing(envelope=an_envelope(), topic="order-events", consumers=())
    for _ in range(2):
        assert drive(broker.publish((event,))) == 1
    assert broker.events == [event, event]


def test_a_seal_of_one_sealer_does_not_open_in_another() -> None:
    """What was kept ends with the object that kept it."""
    here, there = memory.PlainlessSealer(), memory.PlainlessSealer()
    credentials = Credentials(values={"password": "a-secret"})
    place = {"tenant": ONE, "order_id": order_id(), "item": ItemId("1"), "resource": "r"}
    sealed = drive(here.seal(credentials, **place))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        drive(there.open(sealed))
