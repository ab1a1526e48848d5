"""Token buckets within the process, for one process and for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from ordercore.kernel.ids import TenantId, text_id
from ordercore.kernel.time import instant
from ordercore.ports.rate_limits import RateLimit, RateVerdict

__all__ = ["MemoryRateLimits"]

_MICROSECOND = timedelta(microseconds=1)


class MemoryRateLimits:
    """Buckets in a dictionary; each stays until the process ends."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._buckets: dict[tuple[TenantId, str, RateLimit], tuple[int, datetime]] = {}

    async def take(
        self, tenant: TenantId, name: str, *, limit: RateLimit, now: datetime
    ) -> RateVerdict:
        """Take one token."""
        key = (tenant, text_id(name, field="name"), limit)
        now = instant(now, field="now")
        with self._guard:
            units, since = self._buckets.get(key, (limit.capacity, now))
            at = max(since, now)
            units = min(limit.capacity, units + (at - since) // _MICROSECOND * limit.refill)
            admitted = units >= limit.unit
            if admitted:
                units -= limit.unit
            self._buckets[key] = (units, at)
        return limit.verdict(admitted=admitted, units=units)
