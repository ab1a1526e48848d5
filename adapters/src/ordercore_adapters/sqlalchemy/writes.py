"""A batch as statements, in the order in which what is broken is reported.

Nothing in a batch may touch one row twice: merged into one statement, PostgreSQL would do only one
of the two. So what a worker schedules for the very work it releases becomes part of the release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve

from ordercore.engine.messaging import Release, Work, WorkKind
from ordercore.kernel.errors import InvalidInput, LeaseLost
from ordercore.ports import Batch, highest_fences, number_runs
from ordercore_adapters.sqlalchemy.dead_letters import write_letter
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.intake import claim_payments, write_answer, write_marks
from ordercore_adapters.sqlalchemy.orders import write_orders
from ordercore_adapters.sqlalchemy.sagas import write_saga
from ordercore_adapters.sqlalchemy.series import raise_fence, take_numbers
from ordercore_adapters.sqlalchemy.statement import Statement
from ordercore_adapters.sqlalchemy.stock import move_stock
from ordercore_adapters.sqlalchemy.trail import mark_published, write_audit, write_outbox
from ordercore_adapters.sqlalchemy.vault import forget_credentials, write_credentials
from ordercore_adapters.sqlalchemy.work import release_work, schedule_work, withdraw_work

__all__ = ["batch_statements"]

_Key = tuple[WorkKind, str]


def batch_statements(batch: Batch, *, now: datetime, dialect: Dialect) -> list[Statement]:
    """Return everything the batch writes.

    Args:
        batch: What to write.
        now: Tells which stored answers have expired, and when events were marked as sent, messages
            taken in, or stock moved.
        dialect: Which database it is for.

    Raises:
        InvalidInput: the batch has rows of another tenant than its own.
    """
    _check_tenant(batch)
    return [
        *write_orders(batch.orders, dialect),
        *(write_saga(write, dialect) for write in batch.sagas),
        *_trail(batch, dialect),
        *_intake(batch, now, dialect),
        *_queue(batch, dialect),
        *_rest(batch, now, dialect),
        *_counted(batch, now, dialect),
    ]


def _trail(batch: Batch, dialect: Dialect) -> Iterator[Statement]:
    if batch.audit:
        yield write_audit(batch.audit, dialect)
    if batch.outbox:
        yield write_outbox(batch.outbox, dialect)


def _intake(batch: Batch, now: datetime, dialect: Dialect) -> Iterator[Statement]:
    if batch.idempotency is not None:
        yield write_answer(batch.idempotency, now, dialect)
    yield from write_marks(batch.inbox, now, dialect)
    yield from claim_payments(batch.tenant, batch.payments)


def _queue(batch: Batch, dialect: Dialect) -> Iterator[Statement]:
    wanted = _wanted(batch)
    for release in _releases(batch.releases):
        key = (release.claim.kind, release.claim.subject)
        if key in wanted:
            own = wanted.pop(key)
            yield from release_work(evolve(release, due_at=own.due_at), dialect)
        else:
            yield from release_work(release, dialect)
    due = [work for work in wanted.values() if work.due_at is not None]
    if due:
        # In one order for all batches, so that two of them never wait for each other.
        yield schedule_work(batch.tenant, sorted(due, key=lambda w: (w.kind, w.subject)), dialect)
    for work in wanted.values():
        if work.due_at is None:
            yield withdraw_work(batch.tenant, work)


def _wanted(batch: Batch) -> dict[_Key, Work]:
    """Return the work to schedule or withdraw, the streams of the events included."""
    wanted = {(work.kind, work.subject): work for work in batch.work}
    for envelope in batch.outbox:
        stream = Work(kind=WorkKind.STREAM, subject=envelope.stream, due_at=envelope.at)
        wanted[stream.kind, stream.subject] = stream
    return wanted


def _releases(releases: Sequence[Release]) -> Iterator[Release]:
    seen = dict[_Key, Release]()
    for release in releases:
        claim = release.claim
        known = seen.setdefault((claim.kind, claim.subject), release)
        if known.claim.fence != claim.fence:
            raise LeaseLost(kind=str(claim.kind), id=claim.subject, expected=claim.fence)
    yield from seen.values()


def _rest(batch: Batch, now: datetime, dialect: Dialect) -> Iterator[Statement]:
    if batch.published:
        yield from mark_published(batch.tenant, batch.published, now, dialect)
    letters = {letter.id: letter for letter in batch.dead_letters}
    yield from (write_letter(letter, dialect) for letter in letters.values())
    sealed = {(each.order_id, each.item): each for each in batch.credentials}
    yield from (write_credentials(each) for each in sealed.values())
    for order_id, item in dict.fromkeys(batch.forgotten):
        if (order_id, item) not in sealed:
            yield forget_credentials(batch.tenant, order_id, item)


def _counted(batch: Batch, now: datetime, dialect: Dialect) -> Iterator[Statement]:
    if batch.fences:
        yield from (raise_fence(batch.tenant, fence) for fence in highest_fences(batch.fences))
    if batch.numbers:
        yield from (take_numbers(batch.tenant, run) for run in number_runs(batch.numbers))
    if batch.stock:
        yield move_stock(batch.tenant, batch.stock, now, dialect)


def _check_tenant(batch: Batch) -> None:
    tenants = {write.stored.order.tenant for write in batch.orders}
    tenants.update(write.state.tenant for write in batch.sagas)
    tenants.update(release.claim.tenant for release in batch.releases)
    for rows in (batch.audit, batch.outbox, batch.dead_letters, batch.credentials, batch.inbox):
        tenants.update(row.tenant for row in rows)
    if batch.idempotency is not None:
        tenants.add(batch.idempotency.tenant)
    if tenants - {batch.tenant}:
        raise InvalidInput(field="batch", problem="has rows of another tenant than its own")
