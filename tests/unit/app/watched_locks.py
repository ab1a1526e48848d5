"""Locks that a test can look at, and whose service fails when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ordercore.kernel.ids import TenantId
from ordercore.ports import Lease
from ordercore_adapters import memory

__all__ = ["WatchedLocks"]


class WatchedLocks:
    """A `LocksPort` over the one in memory.

    Attributes:
        held: Names of the locks that are held now.
        asked: How often a lock was asked for.
        before: Called before each one is taken.
        away: Numbers of the requests, from 1, that get no answer, without effect.
        unheard: Numbers of those that are carried out and get no answer.
        deaf: Releases get lost.
    """

    def __init__(self) -> None:
        self._locks = memory.MemoryLocks()
        self.held: list[str] = []
        self.asked = 0
        self.before: Callable[[], object] = lambda: None
        self.away: set[int] = set()
        self.unheard: set[int] = set()
        self.deaf = False

    async def acquire(
        self, tenant: TenantId, name: str, *, ttl_s: int, now: datetime
    ) -> Lease | None:
        """Take the lock."""
        self.asked += 1
        number = self.asked
        self.before()
        if number in self.away:
            raise ConnectionError("locks at 10.0.0.7 with password hunter2")
        lease = await self._locks.acquire(tenant, name, ttl_s=ttl_s, now=now)
        if number in self.unheard:
            raise TimeoutError("no answer")
        if lease is not None:
            self.held.append(name)
        return lease

    async def renew(self, lease: Lease, *, ttl_s: int, now: datetime) -> Lease | None:
        """Hold on."""
        return await self._locks.renew(lease, ttl_s=ttl_s, now=now)

    async def release(self, lease: Lease) -> None:
        """Let go."""
        self.held.remove(lease.name)
        if self.deaf:
            raise ConnectionError("gone")
        await self._locks.release(lease)
