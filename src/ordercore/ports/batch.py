"""The atomic batch: everything one use case writes, all of it or nothing.

The store checks what the batch assumes: versions that were read, leases still held, references,
keys and numbers still free, and enough stock. Any of them broken refuses the whole batch with the
reason, and nothing is written.
"""

from __future__ import annotations

from attrs import frozen

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.inventory import StockMove
from ordercore.domain.orders import Order
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import (
    DeadLetter,
    Envelope,
    IdempotencyRecord,
    InboxMark,
    Release,
    Work,
)
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import EventId, TenantId
from ordercore.ports.fences import Fence
from ordercore.ports.numbers import TakenNumber
from ordercore.ports.payment_references import PaymentReference

__all__ = ["Batch", "OrderWrite", "SagaWrite", "StoredOrder"]


@frozen(kw_only=True)
class StoredOrder:
    """An order as it rests in a store.

    Attributes:
        chain: Digest of its newest audit record.
        fingerprint: Digest of the request that placed it; tells a repeated line from another one.
    """

    order: Order
    chain: str
    fingerprint: str


@frozen(kw_only=True)
class OrderWrite:
    """An order to write; ``read_version`` is the version it was read at, None for a new one."""

    stored: StoredOrder
    read_version: int | None


@frozen(kw_only=True)
class SagaWrite:
    """A saga to write; ``state.version`` is already the new version."""

    state: SagaState
    read_version: int | None


@frozen(kw_only=True)
class Batch:
    """What is written together.

    Attributes:
        outbox: Events to publish; the store also schedules their streams.
        work: Work to schedule (due) or to withdraw (due None, unless it is leased right now).
        releases: Leases that end with this batch; one that was lost refuses the batch.
        dead_letters: Filed or changed, by id.
        credentials: Sealed credentials, replacing those of the same order and item.
        forgotten: Order and item ids whose credentials are deleted.
        idempotency: Replaces the record of the same key only if that has expired or is in flight
            with the same fingerprint; otherwise it refuses the batch.
        inbox: Marks; one that exists refuses the batch.
        published: Events that have been sent.
        fences: Locks under which the batch is written; one whose holder has been overtaken refuses
            the batch.
        payments: Payments that came in, by reference; one that pays another order already refuses
            the batch.
        numbers: Numbers the batch uses up; one that is not the next of its series refuses it.
        stock: Units that move, made after everything else was found in order: too little of
            anything refuses the batch, and all that is short is told.
    """

    tenant: TenantId
    orders: tuple[OrderWrite, ...] = ()
    audit: tuple[AuditRecord, ...] = ()
    outbox: tuple[Envelope, ...] = ()
    sagas: tuple[SagaWrite, ...] = ()
    work: tuple[Work, ...] = ()
    releases: tuple[Release, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    credentials: tuple[SealedCredentials, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    idempotency: IdempotencyRecord | None = None
    inbox: tuple[InboxMark, ...] = ()
    published: tuple[EventId, ...] = ()
    fences: tuple[Fence, ...] = ()
    payments: tuple[PaymentReference, ...] = ()
    numbers: tuple[TakenNumber, ...] = ()
    stock: tuple[StockMove, ...] = ()
