"""Proxies around every port: the seams at which a run is interleaved and disturbed.

Each call pauses before and after, so that any other flow may come in between; and at each a fault
may strike. What is done to a caller can happen to a caller of a real adapter: a stale reader
answers with a version that was there a moment ago, a lost commit is written, a lost request is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import define

from ordercore.engine.messaging import LEASE, Claim, Release, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Decide, OrdersPort, SagasPort, Store, StoredOrder
from ordercore.testing.simulation.faults import Fault
from ordercore.testing.simulation.gate import Gate, Passage, outage
from ordercore.testing.simulation.watch import Watch

__all__ = ["OrdersSeam", "ReaderSeam", "SagasSeam", "StoreSeam"]

_LAG_MS = 5000
"""How long a stale reader may lag behind."""


class ReaderSeam:
    """A proxy around any port that only reads: its answers may be late or missing."""

    def __init__(self, name: str, inner: object, gate: Gate, watch: Watch, kind: str) -> None:
        self._name, self._inner, self._gate, self._watch = name, inner, gate, watch
        self._kind = kind

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._inner, method)

        async def through(*args: Any, **kwargs: Any) -> Any:
            tag = self._about((*args, *kwargs.values()))
            passage = await self._gate.enter(self._kind, f"{self._name}.{method}:{tag}")
            if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
                raise outage(passage.injected)
            answer = await call(*args, **kwargs)
            await self._gate.leave(passage)
            return answer

        self.__dict__[method] = through
        return through

    def _about(self, arguments: tuple[object, ...]) -> str:
        words = [getattr(each, "order_id", each) for each in arguments]
        tags = [self._watch.tag(word) for word in words if isinstance(word, str)]
        return next((tag for tag in tags if tag[:1] == "o" and tag[1:].isdigit()), "")


@define
class OrdersSeam:
    """Reads orders, now and then as they were a moment ago."""

    inner: OrdersPort
    gate: Gate
    watch: Watch

    async def get(self, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        """Return the order, or its version before."""
        passage = await _read(self.gate, f"orders.get:{self.watch.tag(order_id)}")
        found = await self.inner.get(tenant, order_id)
        if passage.fault is Fault.STALE and order_id in self.watch.before:
            before, until = self.watch.before[order_id]
            lags = until >= self.gate.scheduler.now_ms - _LAG_MS
            if lags and (before is None or before.order.tenant == tenant):
                found = before
        await self.gate.leave(passage, found.order.version if found else None)
        return found

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        """Return the order."""
        passage = await _read(self.gate, f"orders.by_reference:{self.watch.tag(reference)}")
        found = await self.inner.by_reference(tenant, reference)
        await self.gate.leave(passage, found.order.version if found else None)
        return found

    async def list(self, *args: Any, **kwargs: Any) -> Any:
        """Return a page."""
        return await self.inner.list(*args, **kwargs)


@define
class SagasSeam:
    """Reads sagas, now and then as they were a moment ago."""

    inner: SagasPort
    gate: Gate
    watch: Watch

    async def get(self, tenant: TenantId, saga_id: SagaId) -> SagaState | None:
        """Return the saga, or its version before."""
        passage = await _read(self.gate, f"sagas.get:{self.watch.tag(saga_id)}")
        found = await self.inner.get(tenant, saga_id)
        if found is not None and passage.fault is Fault.STALE:
            found = self._before(found)
        await self.gate.leave(passage, found.version if found else None)
        return found

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return the order's sagas, or their versions before."""
        passage = await _read(self.gate, f"sagas.of_order:{self.watch.tag(order_id)}")
        found = await self.inner.of_order(tenant, order_id)
        if passage.fault is Fault.STALE:
            earlier = [self._before(each) for each in found]
            found = tuple(each for each in earlier if each is not None)
        await self.gate.leave(passage, len(found))
        return found

    def _before(self, state: SagaState) -> SagaState | None:
        before, until = self.watch.sagas_before.get(state.id, (state, -_LAG_MS))
        return before if until >= self.gate.scheduler.now_ms - _LAG_MS else state


@define
class StoreSeam:
    """Writes; each commit may be refused, lost on its way, or written without anybody knowing.

    Attributes:
        on_write: Told after every write, so that sleeping workers look again.
    """

    inner: Store
    gate: Gate
    watch: Watch
    on_write: Callable[[], None]

    async def commit(self, batch: Batch) -> None:
        """Write the batch."""
        passage = await self.gate.enter("commit", f"commit:{self._tag(batch)}")
        self._before_write(passage, batch)
        await self.inner.commit(batch)
        self._written(batch, "Store.commit")
        await self.gate.leave(passage, "written")
        self._after_write(passage)

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        """Lock, decide and write."""
        passage = await self.gate.enter("update", f"update:{self.watch.tag(order_id)}")
        self._before_write(passage, None, order_id)
        made = await self.inner.update(tenant, order_id, decide)
        if isinstance(made, Batch):
            self._written(made, "Store.update")
        await self.gate.leave(passage, type(made).__name__)
        self._after_write(passage)
        return made

    async def claim(
        self,
        kind: WorkKind,
        *,
        now: datetime,
        limit: int = 1,
        tenant: TenantId | None = None,
        lease: timedelta = LEASE,
    ) -> tuple[Claim, ...]:
        """Lease work; the answer may be lost, so that nobody knows who has it."""
        claims = await self.inner.claim(kind, now=now, limit=limit, tenant=tenant, lease=lease)
        if not claims:
            return claims
        self.watch.claimed(claims)
        if self.gate.scheduler.current is not None:
            self.gate.scheduler.current.about = self.watch.tag(claims[0].subject)
        site = f"claim:{self.watch.tag(claims[0].subject)}/{kind}"
        passage = await self.gate.enter("claim", site)
        await self.gate.leave(passage, claims[0].due_at)
        self._after_write(passage)
        return claims

    async def release(self, release: Release) -> None:
        """End a lease."""
        site = f"release:{self.watch.tag(release.claim.subject)}/{release.claim.kind}"
        passage = await self.gate.enter("release", site)
        self._before_write(passage, None)
        await self.inner.release(release)
        self.watch.released(release)
        self.on_write()
        await self.gate.leave(passage)
        self._after_write(passage)

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        """Return when work is due next."""
        return await self.inner.next_due(tenant=tenant)

    def _tag(self, batch: Batch) -> str:
        if batch.orders:
            return self.watch.tag(batch.orders[0].stored.order.id)
        if batch.releases:
            claim = batch.releases[0].claim
            return f"{self.watch.tag(claim.subject)}/{claim.kind}"
        return self.watch.tag(batch.idempotency.key) if batch.idempotency else ""

    def _before_write(self, passage: Passage, batch: Batch | None, order_id: str = "") -> None:
        if passage.injected is None:
            return
        if passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        if passage.fault is Fault.CONFLICT:
            if batch is not None and batch.orders:
                order_id = batch.orders[0].stored.order.id
            kind = "order" if order_id else "idempotency"
            raise ConcurrencyConflict(kind=kind, id=order_id)

    def _written(self, batch: Batch, method: str) -> None:
        self.watch.now_ms = self.gate.scheduler.now_ms
        self.watch.saw(batch, method)
        flow = self.gate.scheduler.current
        for record in batch.audit:
            tag = self.watch.tag(record.order_id)
            moved = f" {record.source} -> {record.dest}" if record.trigger else ""
            text = f"{flow.name if flow else '-'}: {record.seq} {record.kind}{moved}"
            self.gate.trace.tell(self.watch.now_ms, tag, text)
        self.on_write()

    def _after_write(self, passage: Passage) -> None:
        if passage.injected is not None and passage.fault is Fault.LOST_ANSWER:
            raise outage(passage.injected)


async def _read(gate: Gate, site: str) -> Passage:
    passage = await gate.enter("read", site)
    if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
        raise outage(passage.injected)
    return passage
