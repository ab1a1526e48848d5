"""The writing side of the outsider's store: copy all shelves, write, and put the copy in place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import evolve

from ordercore.domain.inventory import Booking, StockLevel, book
from ordercore.engine.messaging import LEASE, Claim, IdempotencyRecord, Release, Work, WorkKind
from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost, NotFound, StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Clock, Decide, highest_fences, lost_fence, number_runs
from tests.thirdparty.faults import Fault
from tests.thirdparty.shelves import Job, Shelves

__all__ = ["FaultyStore"]

_AWAY = 1000


class FaultyStore:
    """A store over shelves; what it does wrong is up to whoever makes it."""

    def __init__(self, shelves: Shelves, clock: Clock, fault: Fault) -> None:
        self._live, self._clock, self._fault = shelves, clock, fault

    async def commit(self, batch: Batch) -> None:
        """Write the whole batch or nothing."""
        with self._live.lock:
            self._commit(batch)

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        """Decide and write under the lock."""
        if self._fault is Fault.NO_LOCK:
            decided = self._decided(tenant, order_id, decide)
            if isinstance(decided, Batch):
                await self.commit(decided)
            return decided
        with self._live.lock:
            decided = self._decided(tenant, order_id, decide)
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
        """Lease due work, earliest first."""
        with self._live.lock:
            jobs = self._live.jobs
            free = [
                (self._free_at(job), key)
                for key, job in jobs.items()
                if key[1] is kind and tenant in (None, key[0]) and self._free_at(job) <= now
            ]
            return tuple(self._lease(key, now + lease) for _, key in sorted(free)[:limit])

    async def release(self, release: Release) -> None:
        """End a lease that is held."""
        with self._live.lock:
            if self._holds(self._live, release.claim):
                self._end(self._live, release)

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        """Return when something can be claimed next."""
        with self._live.lock:
            jobs = self._live.jobs.items()
            return min((job.free_at for key, job in jobs if tenant in (None, key[0])), default=None)

    def _decided(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        found = self._live.orders.get((tenant, order_id))
        if found is None:
            raise NotFound(kind="order", id=order_id)
        return decide(found, self._live.sagas_of(tenant, order_id))

    def _commit(self, batch: Batch) -> None:
        draft = self._live if self._fault is Fault.HALF_A_BATCH else self._live.copy()
        self._orders(batch, draft)
        self._history(batch, draft)
        self._sagas(batch, draft)
        self._answers(batch, draft)
        self._payments(batch, draft)
        self._letters(batch, draft)
        asked = self._asked(batch)
        for release in batch.releases:
            claim = release.claim
            if self._holds(draft, claim):
                own = asked.pop((claim.kind, claim.subject), release)
                self._end(draft, evolve(release, due_at=own.due_at))
            elif self._fault is not Fault.IMMORTAL_LEASE:
                raise LeaseLost(kind=str(claim.kind), id=claim.subject, expected=claim.fence)
        self._work(batch.tenant, asked.values(), draft)
        self._fences_and_numbers(batch, draft)
        self._stock(batch, draft)
        self._live.take_over(draft)

    # What a batch holds ------------------------------------------------------------------------

    def _orders(self, batch: Batch, draft: Shelves) -> None:
        for write in batch.orders:
            order, key = write.stored.order, (batch.tenant, write.stored.order.id)
            found, reference = draft.orders.get(key), (batch.tenant, order.reference)
            if write.read_version is None:
                if found is not None:
                    raise ConcurrencyConflict(kind="order", id=order.id)
                if reference in draft.references and self._fault is not Fault.TAKEN_REFERENCE:
                    raise ConcurrencyConflict(kind="reference", id=order.reference)
                draft.references[reference] = order.id
            elif self._fault is Fault.LOST_UPDATE:
                pass
            elif found is None or found.order.version != write.read_version:
                raise ConcurrencyConflict(kind="order", id=order.id, expected=write.read_version)
            draft.orders[key] = write.stored

    def _history(self, batch: Batch, draft: Shelves) -> None:
        careless = self._fault in (Fault.REPEATED_HISTORY, Fault.LOST_UPDATE)
        for record in batch.audit:
            place = (batch.tenant, record.order_id, record.seq)
            if place in draft.audit and not careless:
                raise ConcurrencyConflict(kind="order", id=record.order_id, expected=record.seq - 1)
            draft.audit[place] = record
        events = batch.outbox[:1] if self._fault is Fault.FORGOTTEN_EVENT else batch.outbox
        for event in events:
            here = (batch.tenant, event.stream, event.seq)
            if here in draft.events and not careless:
                raise ConcurrencyConflict(kind="order", id=event.stream, expected=event.seq - 1)
            draft.events[here] = event
        if self._fault is not Fault.ENDLESS_EVENTS:
            draft.published.update((batch.tenant, each) for each in batch.published)

    def _sagas(self, batch: Batch, draft: Shelves) -> None:
        for write in batch.sagas:
            key = (batch.tenant, write.state.id)
            found = draft.sagas.get(key)
            version = None if found is None else found.version
            if version != write.read_version and self._fault is not Fault.LOST_SAGA_UPDATE:
                raise ConcurrencyConflict(
                    kind="saga", id=write.state.id, expected=write.read_version
                )
            draft.sagas[key] = write.state

    def _answers(self, batch: Batch, draft: Shelves) -> None:
        record = batch.idempotency
        if record is not None and self._fault is not Fault.FORGOTTEN_ANSWER:
            key = (batch.tenant, record.operation, record.key)
            known = draft.answers.get(key)
            if known is not None and _stands(known, record, self._clock.now()):
                raise ConcurrencyConflict(kind="idempotency", id=record.key)
            draft.answers[key] = record
        for mark in batch.inbox:
            here = (batch.tenant, mark.consumer, mark.message_id)
            if here in draft.inbox:
                raise ConcurrencyConflict(kind="inbox", id=mark.message_id)
            if self._fault is not Fault.FORGOTTEN_MARK:
                draft.inbox.add(here)

    def _payments(self, batch: Batch, draft: Shelves) -> None:
        for payment in batch.payments:
            key = (batch.tenant, payment.kind, payment.reference)
            known = draft.payments.setdefault(key, payment.order_id)
            if known != payment.order_id and self._fault is not Fault.SHARED_PAYMENT:
                raise ConcurrencyConflict(kind="payment", id=payment.reference)

    def _letters(self, batch: Batch, draft: Shelves) -> None:
        for letter in batch.dead_letters:
            draft.letters[batch.tenant, letter.id] = letter
        if self._fault is not Fault.KEPT_CREDENTIALS:
            for order_id, item in batch.forgotten:
                draft.vault.pop((batch.tenant, order_id, item), None)
        for sealed in batch.credentials:
            draft.vault[batch.tenant, sealed.order_id, sealed.item] = sealed

    def _fences_and_numbers(self, batch: Batch, draft: Shelves) -> None:
        for fence in highest_fences(batch.fences):
            key = (batch.tenant, fence.name)
            if fence.token < draft.fences.get(key, 0) and self._fault is not Fault.IGNORED_FENCES:
                raise lost_fence(fence)
            draft.fences[key] = fence.token
        for run in number_runs(batch.numbers):
            counted = (batch.tenant, run.series)
            follows = run.first == draft.numbers.get(counted, 0) + 1
            if not follows and self._fault is not Fault.REUSED_NUMBER:
                raise run.conflict()
            draft.numbers[counted] = run.last

    def _stock(self, batch: Batch, draft: Shelves) -> None:
        if not batch.stock:
            return
        tenant = batch.tenant
        extra = _AWAY if self._fault is Fault.OVERSOLD_STOCK else 0  # what the check believes in
        levels = {
            sku: evolve(level, on_hand=level.on_hand + extra)
            for (owner, sku), level in draft.levels.items()
            if owner == tenant
        }
        held = {(o, sku): each for (t, o, sku), each in draft.held.items() if t == tenant}
        now = self._clock.now()
        made = book(batch.stock, tenant=tenant, at=now, levels=levels, holdings=held)
        if not isinstance(made, Booking):
            raise StockShort(shortages=made)
        for level in made.levels:
            draft.levels[tenant, level.sku] = _less(level, extra if level.sku in levels else 0)
        for (order_id, sku), each in made.holdings.items():
            draft.held[tenant, order_id, sku] = each
        for movement in made.movements:
            draft.movements[tenant, movement.sku, movement.seq] = movement

    # Work --------------------------------------------------------------------------------------

    def _asked(self, batch: Batch) -> dict[tuple[WorkKind, str], Work]:
        streams = (
            Work(kind=WorkKind.STREAM, subject=event.stream, due_at=event.at)
            for event in batch.outbox
        )
        forgotten = {WorkKind.TIMER} if self._fault is Fault.FORGOTTEN_TIMER else set()
        asked = (each for each in (*batch.work, *streams) if each.kind not in forgotten)
        return {(each.kind, each.subject): each for each in asked}

    def _work(self, tenant: TenantId, asked: Iterable[Work], draft: Shelves) -> None:
        for wanted in asked:
            key = (tenant, wanted.kind, wanted.subject)
            job, due_at = draft.jobs.get(key), wanted.due_at
            if due_at is None:
                if job is not None and job.leased_until is None:
                    del draft.jobs[key]
                continue
            job = job or Job(due_at=due_at)
            due_at = due_at if job.leased_until is None else min(job.due_at, due_at)
            draft.jobs[key] = evolve(job, due_at=due_at, touched=job.touched + 1)

    def _free_at(self, job: Job) -> datetime:
        return job.due_at if self._fault is Fault.SHARED_LEASE else job.free_at

    def _lease(self, key: tuple[TenantId, WorkKind, str], until: datetime) -> Claim:
        if self._fault is not Fault.REUSED_FENCE:
            self._live.last_fence += 1
        fence = self._live.last_fence
        job = evolve(self._live.jobs[key], fence=fence, leased_until=until)
        self._live.jobs[key] = job
        tenant, kind, subject = key
        return Claim(
            tenant=tenant,
            kind=kind,
            subject=subject,
            fence=fence,
            touched=job.touched,
            due_at=job.due_at,
        )

    def _holds(self, shelves: Shelves, claim: Claim) -> bool:
        job = shelves.jobs.get((claim.tenant, claim.kind, claim.subject))
        return job is not None and job.leased_until is not None and job.fence == claim.fence

    def _end(self, shelves: Shelves, release: Release) -> None:
        claim = release.claim
        key = (claim.tenant, claim.kind, claim.subject)
        job, due_at = shelves.jobs[key], release.due_at
        asked_again = job.touched != claim.touched and self._fault is not Fault.FORGOTTEN_REQUEST
        if asked_again:
            due_at = min(job.due_at, due_at or job.due_at)
        if due_at is None:
            del shelves.jobs[key]
        else:
            shelves.jobs[key] = evolve(job, due_at=due_at, leased_until=None)


def _stands(known: IdempotencyRecord, wanted: IdempotencyRecord, now: datetime) -> bool:
    if known.expires_at <= now:
        return False
    return known.response is not None or known.fingerprint != wanted.fingerprint


def _less(level: StockLevel, extra: int) -> StockLevel:
    return evolve(level, on_hand=level.on_hand - extra)
