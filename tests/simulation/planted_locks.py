"""Mistakes about locks, to be planted into the library or into an adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ordercore.app import _guarded
from ordercore.ports import Clock, Ids, Ports
from ordercore.testing.simulation import MakePorts
from ordercore_adapters import memory

__all__ = ["PLANTED_LOCKS"]

Plant = Callable[[pytest.MonkeyPatch], MakePorts]


def _healthy(clock: Clock, ids: Ids) -> Ports:
    return memory.ports(clock=clock, ids=ids)


def a_call_without_its_lock(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """One of the steps that move money is not in the table."""
    named = {step: name for step, name in _guarded.LOCKED_AS.items() if step != "authorise"}
    monkeypatch.setattr(_guarded, "LOCKED_AS", named)
    return _healthy


def a_lock_with_two_holders(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever asks has it."""
    original = memory.MemoryLocks.acquire

    async def acquire(self: Any, *about: Any, **named: Any) -> Any:
        self._held.clear()
        return await original(self, *about, **named)

    monkeypatch.setattr(memory.MemoryLocks, "acquire", acquire)
    return _healthy


PLANTED_LOCKS: dict[str, Plant] = {
    plant.__name__: plant for plant in (a_call_without_its_lock, a_lock_with_two_holders)
}
