"""The writing side: check everything a batch assumes, then write all of it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from attrs import evolve

from ordercore.engine.messaging import LEASE, Claim, Release, Work, WorkKind
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput, LeaseLost, NotFound
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Clock, Decide
from ordercore_adapters.memory.shelf import booked, check_fences, check_numbers, put
from ordercore_adapters.memory.tables import Tables, TenantTables

__all__ = ["MemoryStore"]


class MemoryStore:
    """Atomic writes and leases over `Tables`; usable from several threads.

    The clock is asked whether a stored idempotency record has expired, and when events were marked
    as sent, messages taken in, or stock moved.
    """

    def __init__(self, tables: Tables, *, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def commit(self, batch: Batch) -> None:
        """Write the whole batch or nothing."""
        with self._tables.lock:
            self._commit(batch)

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        """Decide under the lock and write what was decided."""
        with self._tables.lock:
            rows = self._tables.of(tenant)
            stored = rows.orders.get(order_id)
            if stored is None:
                raise NotFound(kind="order", id=order_id)
            decided = decide(stored, rows.sagas_in_order(order_id))
            if isinstance(decided, Batch):
                self._commit(decided)
            return decided

    async def claim(
        self,
        kind: WorkKind,
        *,
        now: datetime,
        limit: int = 1,
        tenant: TenantId | None = None,
        lease: timedelta = LEASE,
    ) -> tuple[Claim, ...]:
        """Lease work that is due, earliest first."""
        with self._tables.lock:
            found = self._tables.work.claim(kind, now=now, limit=limit, tenant=tenant, lease=lease)
            return tuple(found)

    async def release(self, release: Release) -> None:
        """End a lease if it is still held."""
        with self._tables.lock:
            if self._tables.work.holds(release.claim):
                self._tables.work.release(release)

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        """Return when the earliest work can be claimed."""
        with self._tables.lock:
            return self._tables.work.next_due(tenant=tenant)

    def _commit(self, batch: Batch) -> None:
        rows = self._tables.of(batch.tenant)
        _check_tenant(batch)
        _check_orders(batch, rows)
        _check_sagas(batch, rows)
        _check_trail(batch, rows)
        _check_idempotency(batch, rows, self._clock)
        marks = [(mark.consumer, mark.message_id) for mark in batch.inbox]
        _check_free("inbox", marks, rows.inbox)
        _check_payments(batch, rows)
        self._check_leases(batch)
        fences, runs = check_fences(batch, rows), check_numbers(batch, rows)
        booking = booked(batch, rows, at=self._clock.now()) if batch.stock else None
        _write(batch, rows, now=self._clock.now())
        put(rows, fences=fences, runs=runs, booking=booking)
        self._write_work(batch)

    def _check_leases(self, batch: Batch) -> None:
        for release in batch.releases:
            claim = release.claim
            if not self._tables.work.holds(claim):
                raise LeaseLost(kind=str(claim.kind), id=claim.subject, expected=claim.fence)

    def _write_work(self, batch: Batch) -> None:
        work = self._tables.work
        wanted = {(each.kind, each.subject): each for each in batch.work}
        for envelope in batch.outbox:
            stream = Work(kind=WorkKind.STREAM, subject=envelope.stream, due_at=envelope.at)
            wanted[stream.kind, stream.subject] = stream
        # What a worker schedules for the very work it releases becomes part of the release: it
        # replaces what the worker was holding, and puts off nothing that was asked for meanwhile.
        for release in batch.releases:
            claim = release.claim
            if work.holds(claim):  # unless the batch names it twice
                own = wanted.pop((claim.kind, claim.subject), release)
                work.release(evolve(release, due_at=own.due_at))
        for each in wanted.values():
            work.schedule(batch.tenant, each)


def _check_tenant(batch: Batch) -> None:
    tenants = {write.stored.order.tenant for write in batch.orders}
    tenants |= {write.state.tenant for write in batch.sagas}
    tenants |= {release.claim.tenant for release in batch.releases}
    for rows in (batch.audit, batch.outbox, batch.dead_letters, batch.credentials, batch.inbox):
        tenants |= {row.tenant for row in rows}
    if batch.idempotency is not None:
        tenants.add(batch.idempotency.tenant)
    if tenants - {batch.tenant}:
        raise InvalidInput(field="batch", problem="has rows of another tenant than its own")


def _check_orders(batch: Batch, rows: TenantTables) -> None:
    new = [w.stored.order for w in batch.orders if w.read_version is None]
    _check_free("order", [order.id for order in new], rows.orders)
    _check_free("reference", [order.reference for order in new], rows.references)
    for write in batch.orders:
        if write.read_version is not None:
            order_id = write.stored.order.id
            stored = rows.orders.get(order_id)
            if stored is None or stored.order.version != write.read_version:
                raise ConcurrencyConflict(kind="order", id=order_id, expected=write.read_version)


def _check_sagas(batch: Batch, rows: TenantTables) -> None:
    new = [w.state.id for w in batch.sagas if w.read_version is None]
    _check_free("saga", new, rows.sagas)
    for write in batch.sagas:
        if write.read_version is not None:
            stored = rows.sagas.get(write.state.id)
            if stored is None or stored.version != write.read_version:
                saga_id = write.state.id
                raise ConcurrencyConflict(kind="saga", id=saga_id, expected=write.read_version)


def _check_trail(batch: Batch, rows: TenantTables) -> None:
    """Refuse to write history twice; only a writer that skipped the order's version can try."""
    places: list[tuple[str, int]] = []
    places += [(r.order_id, r.seq) for r in batch.audit if r.seq in rows.audit.get(r.order_id, ())]
    places += [(e.stream, e.seq) for e in batch.outbox if e.seq in rows.outbox.get(e.stream, ())]
    for order_id, seq in places:
        raise ConcurrencyConflict(kind="order", id=order_id, expected=seq - 1)


def _check_idempotency(batch: Batch, rows: TenantTables, clock: Clock) -> None:
    record = batch.idempotency
    if record is None:
        return
    stored = rows.idempotency.get((record.operation, record.key))
    if stored is None or stored.expires_at <= clock.now():
        return
    if stored.response is not None or stored.fingerprint != record.fingerprint:
        raise ConcurrencyConflict(kind="idempotency", id=record.key)


def _check_payments(batch: Batch, rows: TenantTables) -> None:
    paying: dict[tuple[str, str], OrderId] = {}
    for payment in batch.payments:
        named = (payment.kind, payment.reference)
        pays = rows.payments.get(named, paying.setdefault(named, payment.order_id))
        if pays != payment.order_id:
            raise ConcurrencyConflict(kind="payment", id=payment.reference)


def _check_free(kind: str, wanted: Iterable[object], taken: Container[object]) -> None:
    seen = set[object]()
    for key in wanted:
        if key in taken or key in seen:
            raise ConcurrencyConflict(kind=kind, id=str(key))
        seen.add(key)


def _write(batch: Batch, rows: TenantTables, *, now: datetime) -> None:
    for order_write in batch.orders:
        order = order_write.stored.order
        rows.orders[order.id] = order_write.stored
        rows.references[order.reference] = order.id
    for saga_write in batch.sagas:
        state = saga_write.state
        if state.id not in rows.sagas:
            rows.sagas_of.setdefault(state.subject, []).append(state.id)
        rows.sagas[state.id] = state
    for record in batch.audit:
        rows.audit.setdefault(record.order_id, {})[record.seq] = record
    for envelope in batch.outbox:
        rows.outbox.setdefault(envelope.stream, {})[envelope.seq] = envelope
    rows.published.update(dict.fromkeys(batch.published, now))
    for letter in batch.dead_letters:
        rows.letters[letter.id] = letter
    for order_id, item in batch.forgotten:
        rows.vault.get(OrderId(order_id), {}).pop(item, None)
    for sealed in batch.credentials:
        rows.vault.setdefault(sealed.order_id, {})[sealed.item] = sealed
    if batch.idempotency is not None:
        rows.idempotency[batch.idempotency.operation, batch.idempotency.key] = batch.idempotency
    rows.payments.update({(p.kind, p.reference): p.order_id for p in batch.payments})
    rows.inbox.update({(mark.consumer, mark.message_id): now for mark in batch.inbox})
