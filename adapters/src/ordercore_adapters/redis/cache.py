"""A cache on Redis, shared by all processes.

Losing an entry is harmless, so a Redis that cannot be reached is an empty cache, not a fault. A
Redis that refuses (wrong password, no memory) is one: nobody would notice otherwise.

The application's keys name the tenant they belong to; here they only get a prefix.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from ordercore.kernel.time import instant
from ordercore.ports import Clock
from ordercore_adapters.redis._keys import PREFIX, micros
from ordercore_adapters.redis.connection import Connection
from ordercore_adapters.redis.faults import RedisUnreachable

__all__ = ["RedisCache"]


class RedisCache:
    """A `CachePort`: text by key until it expires, by the clock of whoever asks."""

    def __init__(self, connection: Connection, *, clock: Clock, prefix: str = PREFIX) -> None:
        """Take a connection and the clock that entries are measured by."""
        self._connection = connection
        self._clock = clock
        self._prefix = f"{prefix}:cache:"

    async def get(self, key: str, *, now: datetime) -> str | None:
        """Return the entry unless it has expired or cannot be had."""
        kept: str | None = None
        with suppress(RedisUnreachable):
            kept = await self._connection.command("GET", self._prefix + key)
        if kept is None:
            return None
        expires, _, value = kept.partition(" ")
        return value if int(expires) > micros(now) else None

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep an entry until it expires; an entry that is over replaces the older one, too."""
        left_ms = (instant(expires_at) - self._clock.now()) // timedelta(milliseconds=1)
        text = f"{micros(expires_at)} {value}"
        with suppress(RedisUnreachable):
            await self._connection.command("SET", self._prefix + key, text, "PX", max(left_ms, 1))
