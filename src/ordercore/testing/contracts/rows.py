"""Rows for the suites: one batch that writes to every table, and one look into all of them.

Everything in a batch is numbered, so batch 1 and batch 2 share nothing but the tenant.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import evolve

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.inventory import MoveKind, StockMove
from ordercore.domain.orders import Order
from ordercore.engine.audit import GENESIS, AuditRecord
from ordercore.engine.messaging import (
    Claim,
    DeadLetter,
    Envelope,
    IdempotencyRecord,
    InboxMark,
    Work,
    WorkKind,
    event_id,
)
from ordercore.engine.saga import Branch, SagaState, StepRun
from ordercore.kernel.ids import EventId, ItemId, OrderId, SagaId, TenantId
from ordercore.ports import (
    Batch,
    Fence,
    OrderWrite,
    PaymentReference,
    Ports,
    SagaWrite,
    StoredOrder,
    TakenNumber,
)
from ordercore.testing.builders import an_order, an_order_request

__all__ = [
    "AT",
    "CONSUMER",
    "LONG_AGO",
    "LONG_AHEAD",
    "ONE",
    "OPERATION",
    "OTHER",
    "a_batch",
    "a_claim",
    "a_letter",
    "a_record",
    "a_saga",
    "an_audit_record",
    "an_envelope",
    "changed",
    "contents",
    "new_order",
    "order_id",
    "saga_id",
    "sealed",
    "sku",
    "stored",
]

ONE = TenantId("tenant-1")
OTHER = TenantId("tenant-2")
AT = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LONG_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
OPERATION = "place_order"
CONSUMER = "payments"


def order_id(number: int = 1) -> OrderId:
    """Return the id of the order in batch ``number``."""
    return OrderId(f"order-{number}")


def saga_id(number: int = 1) -> SagaId:
    """Return the id of the saga in batch ``number``."""
    return SagaId(f"saga-{number}")


def sku(number: int = 1) -> str:
    """Return the sku of the goods in batch ``number``."""
    return f"SKU-{number}"


def stored(order: Order) -> StoredOrder:
    """Return the order as it would rest in a store."""
    return StoredOrder(order=order, chain="c" * 64, fingerprint=f"print of {order.reference}")


def new_order(number: int = 1, tenant: TenantId = ONE) -> OrderWrite:
    """Return the write of a new draft order."""
    request = an_order_request(reference=f"REF-{number}")
    order = an_order(request, order_id=order_id(number), tenant=tenant, at=AT)
    return OrderWrite(stored=stored(order), read_version=None)


def a_saga(number: int = 1, tenant: TenantId = ONE, *, started_at: datetime = AT) -> SagaState:
    """Return a saga at version 1 with one branch of one step."""
    step = StepRun(name="provision", due_at=AT, since=AT, attempt=1, memory=(("resource", "r"),))
    return SagaState(
        id=saga_id(number),
        tenant=tenant,
        definition="fulfilment",
        definition_version=1,
        subject=order_id(number),
        started_at=started_at,
        branches=(Branch(key="1", steps=(step,), data=(("share", "1000"),)),),
        version=1,
    )


def an_audit_record(number: int = 1, seq: int = 1, tenant: TenantId = ONE) -> AuditRecord:
    """Return the audit record at a position, with a personal part."""
    return AuditRecord(
        id=EventId(f"audit-{number}-{seq}"),
        tenant=tenant,
        order_id=order_id(number),
        seq=seq,
        at=AT,
        actor="someone",
        correlation_id="request-1",
        kind="order.created",
        data='{"a":1}',
        personal='{"customer":"c"}',
        salt="salt",
        personal_digest="p" * 64,
        previous=GENESIS,
        digest="d" * 64,
    )


def an_envelope(number: int = 1, seq: int = 1, tenant: TenantId = ONE) -> Envelope:
    """Return the event at a position of an order's stream."""
    return Envelope(
        id=event_id(order_id(number), seq),
        type="order.created",
        tenant=tenant,
        stream=order_id(number),
        seq=seq,
        at=AT,
        correlation_id="request-1",
        data='{"a":1}',
        causation_id=event_id(order_id(number), 1) if seq > 1 else "",
    )


def a_letter(number: int = 1, tenant: TenantId = ONE, *, at: datetime = AT) -> DeadLetter:
    """Return an open dead letter."""
    return DeadLetter(
        id=f"letter-{number}",
        tenant=tenant,
        order_id=order_id(number),
        saga_id=saga_id(number),
        branch="1",
        step="provision",
        forward=False,
        code="broken",
        reason="it is broken",
        attempts=6,
        payload='{"memory":[]}',
        at=at,
    )


def sealed(
    number: int = 1, tenant: TenantId = ONE, *, item: str = "1", ciphertext: bytes = b"\x00\xff"
) -> SealedCredentials:
    """Return sealed credentials; the bytes are arbitrary."""
    return SealedCredentials(
        tenant=tenant,
        order_id=order_id(number),
        item=ItemId(item),
        resource="resource-1",
        key_id="key-1",
        nonce=b"\x00\x01\x02",
        ciphertext=ciphertext,
    )


def a_record(
    number: int = 1,
    tenant: TenantId = ONE,
    *,
    fingerprint: str = "print",
    response: str | None = '{"answer":1}',
    expires_at: datetime = LONG_AHEAD,
) -> IdempotencyRecord:
    """Return an idempotency record; answered and far from expired unless told otherwise."""
    return IdempotencyRecord(
        tenant=tenant,
        operation=OPERATION,
        key=f"key-{number}",
        fingerprint=fingerprint,
        response=response,
        expires_at=expires_at,
    )


def a_claim(subject: str, *, tenant: TenantId = ONE, fence: int = 1) -> Claim:
    """Return a claim on saga work that nobody gave out."""
    return Claim(
        tenant=tenant, kind=WorkKind.SAGA, subject=subject, fence=fence, touched=1, due_at=AT
    )


def a_batch(number: int = 1, tenant: TenantId = ONE) -> Batch:
    """Return a batch for a new order that writes to every table there is."""
    return Batch(
        tenant=tenant,
        orders=(new_order(number, tenant),),
        audit=(an_audit_record(number, tenant=tenant),),
        outbox=(an_envelope(number, tenant=tenant),),
        sagas=(SagaWrite(state=a_saga(number, tenant), read_version=None),),
        work=(Work(kind=WorkKind.SAGA, subject=saga_id(number), due_at=AT),),
        dead_letters=(a_letter(number, tenant),),
        credentials=(sealed(number, tenant),),
        idempotency=a_record(number, tenant),
        inbox=(InboxMark(tenant=tenant, consumer=CONSUMER, message_id=f"message-{number}"),),
        fences=(Fence(name=f"lock-{number}", token=5),),
        payments=(
            PaymentReference(kind="cash", reference=f"P-{number}", order_id=order_id(number)),
        ),
        numbers=(TakenNumber(series=f"series-{number}", number=1),),
        stock=(StockMove(kind=MoveKind.RECEIVE, sku=sku(number), quantity=10),),
    )


async def contents(ports: Ports, tenant: TenantId, number: int = 1) -> dict[str, object]:
    """Read everything that batch ``number`` may have written, by every reader there is."""
    since = AT - timedelta(days=1)
    reference = new_order(number).stored.order.reference
    return {
        "orders.get": await ports.orders.get(tenant, order_id(number)),
        "orders.by_reference": await ports.orders.by_reference(tenant, reference),
        "orders.list": await ports.orders.list(tenant, hidden=True),
        "sagas.get": await ports.sagas.get(tenant, saga_id(number)),
        "sagas.of_order": await ports.sagas.of_order(tenant, order_id(number)),
        "audit.history": await ports.audit.history(tenant, order_id(number)),
        "outbox.pending": await ports.outbox.pending(tenant, order_id(number)),
        "outbox.feed": await ports.outbox.feed(tenant, order_id(number)),
        "idempotency.get": await ports.idempotency.get(tenant, OPERATION, f"key-{number}"),
        "inbox.seen": await ports.inbox.seen(tenant, CONSUMER, f"message-{number}"),
        "dead_letters.get": await ports.dead_letters.get(tenant, f"letter-{number}"),
        "dead_letters.list": await ports.dead_letters.list(tenant, status=None),
        "vault.of_order": await ports.vault.of_order(tenant, order_id(number)),
        "read_models.groups": await ports.read_models.groups(
            tenant, day=since, week=since, month=since
        ),
        "numbers.next": await ports.numbers.next(tenant, f"series-{number}"),
        "stock.levels": await ports.stock.levels(tenant, [sku(number)]),
        "stock.movements": await ports.stock.movements(tenant, sku(number)),
        "store.next_due": await ports.store.next_due(tenant=tenant),
    }


def changed(write: OrderWrite, order: Order) -> OrderWrite:
    """Return the write that follows an earlier one."""
    return OrderWrite(
        stored=evolve(write.stored, order=order), read_version=write.stored.order.version
    )
