"""Plain synchronous objects serve as ports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ordercore.app._drive import drive
from ordercore.app.blocking import blocking
from ordercore.kernel.errors import InvalidInput
from ordercore.ports import CachePort, Clock


class PlainCache:
    """A cache written without any async keyword."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def get(self, key: str, *, now: datetime) -> str | None:
        """Return the entry."""
        return self.entries.get(key)

    def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep the entry."""
        self.entries[key] = value


def test_a_plain_object_serves_as_a_port() -> None:
    """Its methods are called with the same arguments, and answers come back."""
    port = blocking(PlainCache(), CachePort)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    drive(port.put("k", "v", expires_at=noon))
    assert drive(port.get("k", now=noon)) == "v"


def test_every_missing_method_is_named() -> None:
    """An object that lacks methods is refused before any work, with all their names."""
    with pytest.raises(InvalidInput, match="has no get, put"):
        blocking(object(), CachePort)


class PlainClock:
    """A port without coroutines."""

    def now(self) -> datetime:
        """Return an instant."""
        return datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_methods_that_are_plain_in_the_port_stay_plain() -> None:
    """A clock is asked without awaiting."""
    assert blocking(PlainClock(), Clock).now() == datetime(2026, 3, 2, 12, tzinfo=UTC)
