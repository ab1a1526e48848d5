"""Redis, or Valkey: locks with fences, rate limits and a cache that many processes share.

Nothing kept here is the truth. Orders, events and idempotency records stay in the store; whatever
Redis loses costs a repeated look or a second holder of a lock, never a wrong write. Needs the extra
``redis``.
"""

try:
    import redis as _redis  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "redis":
        raise
    raise ModuleNotFoundError(
        "Redis needs the extra 'redis': pip install 'ordercore-adapters[redis]'",
        name="redis",
    ) from error

from ordercore_adapters.redis.cache import RedisCache
from ordercore_adapters.redis.connection import (
    AsyncConnection,
    BlockingConnection,
    Connection,
    connect,
)
from ordercore_adapters.redis.faults import RedisFault, RedisUnreachable
from ordercore_adapters.redis.locks import RedisLocks
from ordercore_adapters.redis.rate_limits import RedisRateLimits

__all__ = [
    "AsyncConnection",
    "BlockingConnection",
    "Connection",
    "RedisCache",
    "RedisFault",
    "RedisLocks",
    "RedisRateLimits",
    "RedisUnreachable",
    "connect",
]
