"""Turn what happened into what is written: audit records, envelopes, and the batch.

The audit record and the outgoing message are the same event seen twice; there is no second path by
which either could be made. Personal fields go to the erasable part of the audit record and are
never published.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from ordercore.codec import canonical_json, encode, to_plain
from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.orders import (
    Event,
    OrderCreated,
    Posted,
    Transitioned,
    event_type,
    is_published,
)
from ordercore.domain.payments import EntryKind
from ordercore.domain.processes import OrderRules, Recorded, Turn
from ordercore.engine.audit import GENESIS, AuditRecord, link, personal_digest
from ordercore.engine.messaging import (
    DeadLetter,
    Envelope,
    IdempotencyRecord,
    Release,
    Work,
    event_id,
)
from ordercore.engine.saga import SagaState
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    Batch,
    OrderWrite,
    PaymentReference,
    SagaWrite,
    StoredOrder,
    TakenNumber,
)

__all__ = ["Extras", "public_bytes", "turn_to_batch"]

_ERASED = ""


@frozen(kw_only=True)
class Extras:
    """What a batch carries besides the turn itself.

    Attributes:
        salt: For the digest of a personal part; new for each turn.
        held: Subjects of work that the caller holds a lease on: the lease decides when they are
            due.
        sealed: What is to be kept sealed with the order.
    """

    salt: str
    correlation_id: str = ""
    idempotency: IdempotencyRecord | None = None
    releases: tuple[Release, ...] = ()
    held: frozenset[str] = frozenset()
    sealed: SealedCredentials | None = None


def turn_to_batch(turn: Turn[OrderRules], *, chain: str, fingerprint: str, extras: Extras) -> Batch:
    """Return the batch that writes a turn.

    Args:
        turn: What happened.
        chain: Digest of the order's newest audit record so far; `GENESIS` for a new order.
        fingerprint: Digest of the request that placed the order.
        extras: What else belongs into the same transaction.
    """
    order = turn.order
    first = order.version - len(turn.recorded) + 1
    audit = _audit(turn, turn.recorded, first=first, chain=chain or GENESIS, extras=extras)
    # A look-up that found nothing new moves a saga's timer and says nothing about the order.
    chain = audit[-1].digest if audit else chain
    stored = StoredOrder(order=order, chain=chain, fingerprint=fingerprint)
    return Batch(
        tenant=order.tenant,
        orders=(OrderWrite(stored=stored, read_version=turn.read_version),),
        audit=audit,
        outbox=tuple(_envelopes(turn, audit, extras.correlation_id)),
        sagas=tuple(
            SagaWrite(
                state=_next_version(change.state, change.read_version),
                read_version=change.read_version,
            )
            for change in turn.sagas
        ),
        work=_work(turn.work, extras.held),
        releases=extras.releases,
        dead_letters=_letters(turn.letters),
        stock=tuple(turn.stock),
        payments=tuple(_payments(turn)),
        numbers=tuple(TakenNumber(series=n.series, number=n.seq) for n in turn.numbers),
        idempotency=extras.idempotency,
        credentials=(extras.sealed,) if extras.sealed else (),
    )


def public_bytes(record: AuditRecord) -> bytes:
    """Return the part of a record that its digest covers, in its one byte form."""
    return canonical_json(
        [
            record.id,
            record.tenant,
            record.order_id,
            record.seq,
            format_instant(record.at),
            record.actor,
            record.correlation_id,
            record.kind,
            record.trigger,
            record.source,
            record.dest,
            record.reason,
            record.data,
        ]
    ).encode()


def _audit(
    turn: Turn[OrderRules], recorded: Iterable[Recorded], *, first: int, chain: str, extras: Extras
) -> tuple[AuditRecord, ...]:
    records = []
    for seq, entry in enumerate(recorded, start=first):
        record = _record(turn, entry, seq=seq, previous=chain, extras=extras)
        chain = link(chain, public_bytes(record), record.personal_digest)
        records.append(evolve(record, digest=chain))
    return tuple(records)


def _record(
    turn: Turn[OrderRules], entry: Recorded, *, seq: int, previous: str, extras: Extras
) -> AuditRecord:
    order, event = turn.order, entry.event
    moved = event if isinstance(event, Transitioned) else None
    personal = _personal(event)
    return AuditRecord(
        id=event_id(order.id, seq),
        tenant=order.tenant,
        order_id=order.id,
        seq=seq,
        at=entry.at,
        actor=f"{entry.actor.role}:{entry.actor.id}",
        correlation_id=extras.correlation_id,
        kind=event_type(event),
        trigger=moved.trigger if moved else "",
        source=moved.source if moved else "",
        dest=moved.dest if moved else "",
        reason=getattr(event, "reason", ""),
        data=encode(_without_personal(event)),
        personal=personal,
        salt=extras.salt if personal else None,
        personal_digest=personal_digest(personal.encode(), extras.salt) if personal else "",
        previous=previous,
        digest="",
    )


def _personal(event: Event) -> str | None:
    if not isinstance(event, OrderCreated):
        return None
    known: dict[str, object] = {"customer": event.customer}
    if event.sale is not None and event.sale.deliver_to is not None:
        known["deliver_to"] = to_plain(event.sale.deliver_to)
    return canonical_json(known)


def _without_personal(event: Event) -> Event:
    if not isinstance(event, OrderCreated):
        return event
    sale = evolve(event.sale, deliver_to=None) if event.sale else None
    return evolve(event, customer=_ERASED, sale=sale)


def _envelopes(
    turn: Turn[OrderRules], audit: tuple[AuditRecord, ...], correlation_id: str
) -> Iterable[Envelope]:
    cause = ""
    for entry, record in zip(turn.recorded, audit, strict=True):
        if is_published(entry.event):
            leads = entry.leads or not cause
            yield Envelope(
                id=record.id,
                type=record.kind,
                tenant=record.tenant,
                stream=record.order_id,
                seq=record.seq,
                at=record.at,
                correlation_id=correlation_id,
                data=record.data,
                causation_id="" if leads else cause,
            )
            cause = record.id if leads else cause


def _payments(turn: Turn[OrderRules]) -> Iterable[PaymentReference]:
    """Return what came in from outside; what a provider was asked for has keys of the order."""
    order = turn.order
    kind = str(order.sale.payment) if order.sale else order.kind
    for entry in turn.recorded:
        if isinstance(entry.event, (Posted, Transitioned)):
            for posting in entry.event.postings:
                if posting.kind is EntryKind.CONFIRMED:
                    yield PaymentReference(kind=kind, reference=posting.key, order_id=order.id)


def _next_version(state: SagaState, read_version: int | None) -> SagaState:
    return evolve(state, version=1 if read_version is None else read_version + 1)


def _work(work: tuple[Work, ...], held: frozenset[str]) -> tuple[Work, ...]:
    return tuple(entry for entry in work if entry.subject not in held)


def _letters(letters: list[DeadLetter]) -> tuple[DeadLetter, ...]:
    return tuple({letter.id: letter for letter in letters}.values())
