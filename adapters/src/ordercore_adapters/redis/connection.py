"""The only place that talks: one command at a time, blocking or async.

Ports are written once, over `Connection`. The blocking form has ``async`` methods that never
suspend, so that either face of `ordercore` can drive it, as with every blocking adapter.

A command without an answer is sent again a few times within a second. So every command here may
be carried out twice: scripts recognise the repeat, or its effect is harmless.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Mode
from ordercore_adapters.redis.faults import redis_fault

__all__ = ["AsyncConnection", "BlockingConnection", "Connection", "connect"]

_TIMEOUT_S = 2.0
_REPEATS = 3


class Connection(Protocol):
    """What the ports here need of a client.

    Attributes:
        mode: Whether it suspends.
    """

    mode: Mode

    async def command(self, *words: str | int) -> Any:
        """Carry out one command and return its answer, text as ``str``.

        Raises:
            RedisFault: it was refused.
            RedisUnreachable: no answer came.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class BlockingConnection:
    """Waits for the answer; threads may share it."""

    mode = Mode.BLOCKING

    def __init__(self, client: Redis) -> None:
        """Take a client that decodes responses."""
        self._client = client
        self._send: Callable[..., Any] = client.execute_command

    async def command(self, *words: str | int) -> Any:
        """Carry out one command."""
        try:
            return self._send(*words)
        except RedisError as error:
            raise redis_fault(error) from None  # its text may quote keys, in a traceback too

    async def close(self) -> None:
        """Let go of every connection."""
        self._client.close()


class AsyncConnection:
    """Suspends until the answer is there; belongs to one event loop."""

    mode = Mode.ASYNC

    def __init__(self, client: AsyncRedis) -> None:
        """Take a client that decodes responses."""
        self._client = client
        self._send: Callable[..., Awaitable[Any]] = client.execute_command

    async def command(self, *words: str | int) -> Any:
        """Carry out one command."""
        try:
            return await self._send(*words)
        except RedisError as error:
            raise redis_fault(error) from None  # its text may quote keys, in a traceback too

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()


def connect(url: str, *, mode: Mode = Mode.BLOCKING) -> Connection:
    """Return a connection to the server that ``url`` names; the first command opens it.

    Args:
        url: Such as ``redis://localhost:6379/0``, or ``rediss://`` for TLS.
        mode: How it waits. For other settings make the client yourself.

    Raises:
        InvalidInput: the URL is none, or ``mode`` is neutral.
    """
    backoff = ExponentialBackoff(cap=0.4, base=0.05)
    try:
        if mode is Mode.BLOCKING:
            return BlockingConnection(
                Redis.from_url(
                    url,
                    decode_responses=True,
                    retry=Retry(backoff, _REPEATS),
                    socket_timeout=_TIMEOUT_S,
                    socket_connect_timeout=_TIMEOUT_S,
                )
            )
        if mode is Mode.ASYNC:
            return AsyncConnection(
                AsyncRedis.from_url(
                    url,
                    decode_responses=True,
                    retry=AsyncRetry(backoff, _REPEATS),
                    socket_timeout=_TIMEOUT_S,
                    socket_connect_timeout=_TIMEOUT_S,
                )
            )
    except ValueError:  # its text would quote the URL, and that may hold a password
        raise InvalidInput(
            field="url", problem="names no Redis server", allowed="redis://host:port/number"
        ) from None
    raise InvalidInput(field="mode", problem="I/O is never neutral", allowed="blocking or async")
