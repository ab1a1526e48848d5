"""A proxy around the locks: the service is away, forgets who holds what, or a holder is paused."""

from __future__ import annotations

from datetime import datetime

from attrs import define

from ordercore.kernel.ids import TenantId
from ordercore.ports import Lease, LocksPort
from ordercore.testing.simulation.faults import Fault
from ordercore.testing.simulation.gate import Gate, outage
from ordercore.testing.simulation.scheduler import pause
from ordercore.testing.simulation.watch import Watch

__all__ = ["LocksSeam"]


@define
class LocksSeam:
    """The way to the lock service."""

    inner: LocksPort
    gate: Gate
    watch: Watch

    async def acquire(
        self, tenant: TenantId, name: str, *, ttl_s: int, now: datetime
    ) -> Lease | None:
        """Take the lock, or not; whoever has it may be paused for longer than it lasts."""
        tag = self._tag(name)
        passage = await self.gate.enter("lock", f"lock:{tag}")
        if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        lease = await self.inner.acquire(tenant, name, ttl_s=ttl_s, now=now)
        if lease is not None:
            found = self.watch.locks.given(self._holder, lease, now=now)
            self.watch.now_ms = self.gate.scheduler.now_ms
            self.watch.blame("one_holder", tag, found, method="LocksPort.acquire")
        await self.gate.leave(passage, "held" if lease is None else "given")
        if lease is not None and passage.fault is Fault.FORGOTTEN:
            await self.inner.release(lease)
            self.watch.locks.ended(lease)
        if passage.fault is Fault.PAUSED:
            await pause(passage.amount)
        if passage.injected is not None and passage.fault is Fault.LOST_ANSWER:
            raise outage(passage.injected)
        return lease

    async def renew(self, lease: Lease, *, ttl_s: int, now: datetime) -> Lease | None:
        """Hold on, or not."""
        passage = await self.gate.enter("unlock", f"renew:{self._tag(lease.name)}")
        if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        renewed = await self.inner.renew(lease, ttl_s=ttl_s, now=now)
        if renewed is not None:
            self.watch.locks.prolonged(renewed)
        await self.gate.leave(passage, "lost" if renewed is None else "renewed")
        if passage.injected is not None and passage.fault is Fault.LOST_ANSWER:
            raise outage(passage.injected)
        return renewed

    async def release(self, lease: Lease) -> None:
        """Let go; where that is lost on its way, the lock has to run out."""
        self.watch.locks.let_go(self._holder, lease)
        passage = await self.gate.enter("unlock", f"unlock:{self._tag(lease.name)}")
        if passage.injected is not None and passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        await self.inner.release(lease)
        self.watch.locks.ended(lease)
        await self.gate.leave(passage)
        if passage.injected is not None and passage.fault is Fault.LOST_ANSWER:
            raise outage(passage.injected)

    @property
    def _holder(self) -> str:
        flow = self.gate.scheduler.current
        return flow.name if flow else ""

    def _tag(self, name: str) -> str:
        return self.watch.tag(name.rpartition("/")[2])
