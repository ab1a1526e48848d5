"""Locks on Redis: a token, an end, and a fence that never goes back.

Each operation is one script, so no other command comes between its look and its change. The lease
ends by the clocks of those who ask, like the leases of work in the store; Redis itself only clears
away what is long over. Without persistence a restart of Redis frees every lock early; fences go on
rising even then, see `ordercore.ports.locks.next_fence`.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from ordercore.kernel.ids import TenantId
from ordercore.ports import Ids
from ordercore.ports.locks import Lease, lease_end, next_fence
from ordercore_adapters.redis._keys import PREFIX, micros, tenant_key
from ordercore_adapters.redis.connection import Connection

__all__ = ["RedisLocks"]

_KEPT_MS = 3_600_000  # beyond its end, so that only the clocks of the callers decide

# The fence is made here as `next_fence` makes it: what is sent is the fence of somebody who is
# first. A repeat of a command whose answer was lost finds its own token and gets the same fence.
_ACQUIRE = """
local held = redis.call('HMGET', KEYS[1], 'token', 'until', 'fence')
if held[1] == ARGV[1] then return held[3] end
if held[1] and tonumber(held[2]) > tonumber(ARGV[2]) then return false end
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local fence = string.format('%.0f', math.max(last + 1, tonumber(ARGV[5])))
redis.call('SET', KEYS[2], fence)
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'until', ARGV[3], 'fence', fence)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return fence
"""

_RENEW = """
local held = redis.call('HMGET', KEYS[1], 'token', 'until')
if held[1] ~= ARGV[1] or tonumber(held[2]) <= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'until', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""

_RELEASE = """
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisLocks:
    """Locks shared by all processes of one Redis and one prefix."""

    def __init__(self, connection: Connection, *, ids: Ids, prefix: str = PREFIX) -> None:
        """Take a connection and what draws tokens; hosts with one Redis differ by prefix."""
        self._connection = connection
        self._ids = ids
        self._prefix = prefix

    async def acquire(
        self, tenant: TenantId, name: str, *, ttl_s: int, now: datetime
    ) -> Lease | None:
        """Take the lock; None while another lease of it runs.

        Raises:
            RedisFault: nobody knows who has it; if it was taken here, it ends by itself.
        """
        expires_at = lease_end(name, ttl_s=ttl_s, now=now)
        token = self._ids.new()
        keys = (self._lock(tenant, name), tenant_key(self._prefix, tenant, "fence"))
        times = (micros(now), micros(expires_at), ttl_s * 1000 + _KEPT_MS)
        first = next_fence(0, now=now)
        fence = await self._connection.command("EVAL", _ACQUIRE, 2, *keys, token, *times, first)
        if fence is None:
            return None
        return Lease(tenant=tenant, name=name, token=token, fence=int(fence), expires_at=expires_at)

    async def renew(self, lease: Lease, *, ttl_s: int, now: datetime) -> Lease | None:
        """Hold on; None if the lease is lost."""
        expires_at = lease_end(lease.name, ttl_s=ttl_s, now=now)
        key = self._lock(lease.tenant, lease.name)
        times = (micros(now), micros(expires_at), ttl_s * 1000 + _KEPT_MS)
        done = await self._connection.command("EVAL", _RENEW, 1, key, lease.token, *times)
        return evolve(lease, expires_at=expires_at) if done else None

    async def release(self, lease: Lease) -> None:
        """Let go, unless the lease is lost."""
        key = self._lock(lease.tenant, lease.name)
        await self._connection.command("EVAL", _RELEASE, 1, key, lease.token)

    def _lock(self, tenant: TenantId, name: str) -> str:
        return tenant_key(self._prefix, tenant, "lock", name)
