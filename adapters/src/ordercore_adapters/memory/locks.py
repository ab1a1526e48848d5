"""Locks within the process, for one process and for tests."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from attrs import evolve

from ordercore.kernel.ids import TenantId
from ordercore.ports import Ids
from ordercore.ports.locks import Lease, lease_end, next_fence
from ordercore_adapters.system import SystemIds

__all__ = ["MemoryLocks"]


class MemoryLocks:
    """Leases in a dictionary; threads may share it, processes cannot."""

    def __init__(self, *, ids: Ids | None = None) -> None:
        self._ids = ids or SystemIds()
        self._guard = Lock()
        self._held: dict[tuple[TenantId, str], Lease] = {}
        self._fences: dict[TenantId, int] = {}

    async def acquire(
        self, tenant: TenantId, name: str, *, ttl_s: int, now: datetime
    ) -> Lease | None:
        """Take the lock; None while another lease of it runs."""
        expires_at = lease_end(name, ttl_s=ttl_s, now=now)
        token = self._ids.new()
        with self._guard:
            held = self._held.get((tenant, name))
            if held is not None and held.expires_at > now:
                return None
            fence = next_fence(self._fences.get(tenant, 0), now=now)
            lease = Lease(tenant=tenant, name=name, token=token, fence=fence, expires_at=expires_at)
            self._fences[tenant] = fence
            self._held[tenant, name] = lease
            return lease

    async def renew(self, lease: Lease, *, ttl_s: int, now: datetime) -> Lease | None:
        """Hold on; None if the lease is lost."""
        expires_at = lease_end(lease.name, ttl_s=ttl_s, now=now)
        with self._guard:
            held = self._held.get((lease.tenant, lease.name))
            if held is None or held.token != lease.token or held.expires_at <= now:
                return None
            renewed = evolve(held, expires_at=expires_at)
            self._held[lease.tenant, lease.name] = renewed
            return renewed

    async def release(self, lease: Lease) -> None:
        """Let go, unless the lease is lost."""
        with self._guard:
            held = self._held.get((lease.tenant, lease.name))
            if held is not None and held.token == lease.token:
                del self._held[lease.tenant, lease.name]
