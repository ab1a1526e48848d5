"""Serve an async host from blocking ports: every call of a port runs in a worker thread.

For asyncio hosts that have only a blocking driver, or that want SQLite without another dependency.
It costs a thread hop per port call; where an async driver exists, prefer it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from attrs import evolve, fields

from ordercore.kernel.errors import Suspended
from ordercore.ports import Mode, Ports

__all__ = ["offload"]

_NO_PORTS = frozenset({"mode", "provisioning", "retail", "clock", "ids", "close"})
"""Fields of the bundle that are values, answer at once, or are no object with methods."""


def offload(ports: Ports) -> Ports:
    """Return an async bundle whose every port call runs in a thread of the running loop's pool.

    Args:
        ports: A blocking or neutral bundle whose adapters may be used from several threads.
    """
    bridged: dict[str, Any] = {
        field.name: _Offloaded(getattr(ports, field.name))
        for field in fields(Ports)
        if field.name not in _NO_PORTS and getattr(ports, field.name) is not None
    }
    return evolve(ports, mode=Mode.ASYNC, close=_in_thread(ports.close), **bridged)


class _Offloaded:
    """A port whose coroutines are driven in a thread."""

    def __init__(self, port: object) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        return _in_thread(member) if iscoroutinefunction(member) else member

    def __repr__(self) -> str:
        return f"<{self._port!r} in threads>"


def _in_thread(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(_run, method, args, kwargs)

    return call


def _run(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    coroutine = method(*args, **kwargs)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise Suspended(face="a thread of the bridge")
