"""The one port that writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ordercore.engine.messaging import LEASE, Claim, Release, WorkKind
from ordercore.kernel.errors import ConcurrencyConflict, NotFound
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Clock, Decide
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.orders import select_order, stored_order, taken
from ordercore_adapters.sqlalchemy.sagas import saga_state, select_sagas
from ordercore_adapters.sqlalchemy.statement import Answer, Statement
from ordercore_adapters.sqlalchemy.work import claim_work, claims, find_work, next_due, release_work
from ordercore_adapters.sqlalchemy.writes import batch_statements

__all__ = ["SqlStore"]


class SqlStore:
    """Atomic writes and leases over SQL.

    The clock is asked whether a stored answer has expired, and when events were marked as sent,
    messages taken in, or stock moved.
    """

    def __init__(self, executor: Executor, *, clock: Clock) -> None:
        self._executor = executor
        self._clock = clock

    async def commit(self, batch: Batch) -> None:
        """Write the whole batch or nothing."""
        statements = self._statements(batch)
        if not statements:
            return
        try:
            await self._executor.write(batch.tenant, statements)
        except ConcurrencyConflict as conflict:
            raise await self._named(conflict, batch) from None

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        """Decide over the locked order and write what was decided."""
        decided: list[Batch | Refusal] = []

        def then(answers: list[Answer]) -> Sequence[Statement]:
            if not answers[0].rows:
                raise NotFound(kind="order", id=order_id)
            sagas = tuple(saga_state(row) for row in answers[1].rows)
            made = decide(stored_order(answers[0].rows[0]), sagas)
            decided[:] = [made]
            return self._statements(made) if isinstance(made, Batch) else ()

        lock = self._executor.dialect.lock
        reads = (select_order(tenant, order_id, lock=lock), select_sagas(tenant, order_id))
        await self._executor.decide(tenant, reads, then)
        return decided[0]

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
        dialect = self._executor.dialect
        if not dialect.skip:  # a claim waits for every writer, so do not make one in vain
            found = find_work(kind, now=now, tenant=tenant, dialect=dialect)
            if not (await self._executor.run(tenant, found)).rows:
                return ()
        wanted = claim_work(kind, now=now, limit=limit, tenant=tenant, lease=lease, dialect=dialect)
        return claims(kind, (await self._executor.run(tenant, wanted)).rows, dialect)

    async def release(self, release: Release) -> None:
        """End a lease if it is still held."""
        statements = release_work(release, self._executor.dialect)
        tolerant = [
            Statement(sql=each.sql, values=each.values, after=each.after) for each in statements
        ]
        await self._executor.write(release.claim.tenant, tolerant)

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        """Return when the earliest work can be claimed."""
        answer = await self._executor.run(tenant, next_due(tenant))
        return self._executor.dialect.get_maybe(answer.rows[0][0])

    def _statements(self, batch: Batch) -> list[Statement]:
        return batch_statements(batch, now=self._clock.now(), dialect=self._executor.dialect)

    async def _named(self, conflict: ConcurrencyConflict, batch: Batch) -> ConcurrencyConflict:
        """Say which new order exists already, or which reference is taken."""
        if conflict.kind != "order" or conflict.expected is not None:
            return conflict
        for write in batch.orders:
            order = write.stored.order
            for kind, column in (("order", "id"), ("reference", "reference")):
                value = str(getattr(order, column))
                found = await self._executor.run(batch.tenant, taken(batch.tenant, column, value))
                if write.read_version is None and found.rows:
                    return ConcurrencyConflict(kind=kind, id=value)
        return conflict
