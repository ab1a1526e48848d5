"""What can go wrong with Redis, without the keys and values that were on their way to it."""

from __future__ import annotations

from typing import ClassVar

from redis.exceptions import AuthenticationError, ConnectionError, RedisError, TimeoutError

from ordercore.kernel.errors import OrderCoreError

__all__ = ["RedisFault", "RedisUnreachable", "redis_fault"]


class RedisFault(OrderCoreError):
    """Redis refused a command, or could not be reached.

    ``reason`` is the name of the client's error, never its text: that may quote keys, and keys hold
    names of tenants.
    """

    code = "redis_fault"
    http_hint = 503
    fields: ClassVar[tuple[str, ...]] = ("problem", "reason")

    def __init__(self, *, problem: str, reason: str) -> None:
        self.problem = problem
        self.reason = reason
        super().__init__(f"{problem} ({reason})")


class RedisUnreachable(RedisFault):
    """No answer came; whether the command was carried out is not known."""

    code = "redis_unreachable"


def redis_fault(error: RedisError) -> RedisFault:
    """Return the fault for an error of the client."""
    reason = type(error).__name__
    silent = isinstance(error, (ConnectionError, TimeoutError))
    if silent and not isinstance(error, AuthenticationError):  # a kind of ConnectionError there
        return RedisUnreachable(problem="Redis did not answer", reason=reason)
    return RedisFault(problem="Redis refused a command", reason=reason)
