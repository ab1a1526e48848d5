"""Token buckets on Redis, shared by all processes.

The script reckons in the whole units of `ordercore.ports.rate_limits.RateLimit`, so that it and the
buckets in memory give the same answers to the microsecond.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.kernel.ids import TenantId, text_id
from ordercore.kernel.time import instant
from ordercore.ports.rate_limits import RateLimit, RateVerdict
from ordercore_adapters.redis._keys import PREFIX, micros, tenant_key
from ordercore_adapters.redis.connection import Connection

__all__ = ["RedisRateLimits"]

_KEPT_MS = 60_000  # beyond the time a bucket takes to fill, for clocks that differ

_TAKE = """
local bucket = redis.call('HMGET', KEYS[1], 'units', 'at')
local now, refill = tonumber(ARGV[1]), tonumber(ARGV[2])
local unit, capacity = tonumber(ARGV[3]), tonumber(ARGV[4])
local units, at = capacity, now
if bucket[1] then
  at = math.max(tonumber(bucket[2]), now)
  units = math.min(capacity, tonumber(bucket[1]) + (at - tonumber(bucket[2])) * refill)
end
local admitted = 0
if units >= unit then
  units = units - unit
  admitted = 1
end
local left = string.format('%.0f', units)
redis.call('HSET', KEYS[1], 'units', left, 'at', string.format('%.0f', at))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {admitted, left}
"""


class RedisRateLimits:
    """Buckets shared by all processes of one Redis and one prefix; full ones are cleared away."""

    def __init__(self, connection: Connection, *, prefix: str = PREFIX) -> None:
        """Take a connection; hosts with one Redis differ by prefix."""
        self._connection = connection
        self._prefix = prefix

    async def take(
        self, tenant: TenantId, name: str, *, limit: RateLimit, now: datetime
    ) -> RateVerdict:
        """Take one token; a repeat after a lost answer may take a second.

        Raises:
            RedisFault: nobody knows whether there is one; the host decides what that means.
        """
        rule = f"{limit.refill}/{limit.per_s}/{limit.burst}"
        key = tenant_key(self._prefix, tenant, "rate", rule, text_id(name, field="name"))
        filled_ms = limit.capacity // limit.refill // 1000
        admitted, units = await self._connection.command(
            "EVAL",
            _TAKE,
            1,
            key,
            micros(instant(now, field="now")),
            limit.refill,
            limit.unit,
            limit.capacity,
            filled_ms + _KEPT_MS,
        )
        return limit.verdict(admitted=bool(admitted), units=int(units))
