"""Run a coroutine that never suspends."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from ordercore.kernel.errors import Suspended

__all__ = ["drive"]

R = TypeVar("R")


def drive(coro: Coroutine[Any, Any, R]) -> R:
    """Run ``coro`` to its end with one ``send``.

    Raises:
        Suspended: it awaited something that really suspends.
    """
    try:
        coro.send(None)
    except StopIteration as stop:
        result: R = stop.value
        return result
    coro.close()
    raise Suspended
