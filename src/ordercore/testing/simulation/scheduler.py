"""Many coroutines, one after the other, in an order that a seed decides.

Nothing here runs at the same time and nobody waits: a flow says for how long it pauses, and the
flow whose pause ends first goes on, with virtual time moved there. Whoever decides about the pauses
decides about the order. A process is a number that flows share; when it crashes, its flows are
closed where they stand, as a killed process would leave them.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from heapq import heappop, heappush
from itertools import count
from typing import Any

from attrs import define, field, frozen

__all__ = ["Ended", "Flow", "Scheduler", "die", "park", "pause"]

_LAST_WISHES = 100


class _Killed(BaseException):
    """The process is gone; nothing that looks after faults gets to see it."""


@frozen
class _Pause:
    ms: int


@frozen
class _Park:
    pass


@frozen
class _Die:
    pass


@types.coroutine
def _ask(wish: object) -> Generator[object, Any, Any]:
    return (yield wish)


async def pause(ms: int) -> None:
    """Let the others go on for ``ms`` milliseconds of virtual time."""
    await _ask(_Pause(ms))


async def park() -> Any:
    """Wait until somebody wakes this flow; return what it is given."""
    return await _ask(_Park())


async def die() -> None:
    """Crash the process this flow belongs to; does not come back."""
    await _ask(_Die())


@frozen(kw_only=True)
class Ended:
    """How a flow ended: with a value, with an error, or killed in a crash (``lost``)."""

    value: Any = None
    error: Exception | None = None
    lost: bool = False


@define(eq=False)
class Flow:
    """One coroutine under way.

    Attributes:
        process: The process it runs in; None for somebody outside who never crashes.
        about: The order it is busy with, as far as it is known.
        turn: Raised whenever it goes on, so that an earlier wake-up call is void.
        ids: How many ids it was given.
    """

    name: str
    body: Coroutine[Any, Any, Any]
    process: int | None = None
    on_end: Callable[[Ended], None] | None = None
    about: str = ""
    turn: int = 0
    ids: int = 0
    alive: bool = True


@define
class Scheduler:
    """Runs flows in virtual time.

    Attributes:
        now_ms: Milliseconds since the beginning.
        current: The flow that is running right now.
        steps: How often a flow went on.
    """

    now_ms: int = 0
    current: Flow | None = None
    steps: int = 0
    _queue: list[tuple[int, int, int, Flow, Any]] = field(factory=list)
    _numbers: count[int] = field(factory=lambda: count(1))
    _processes: dict[int, list[Flow]] = field(factory=dict)

    def spawn(
        self,
        name: str,
        body: Coroutine[Any, Any, Any],
        *,
        process: int | None = None,
        on_end: Callable[[Ended], None] | None = None,
        after_ms: int = 0,
    ) -> Flow:
        """Begin a flow after a while."""
        flow = Flow(name=name, body=body, process=process, on_end=on_end)
        if process is not None:
            self._processes.setdefault(process, []).append(flow)
        self.wake(flow, after_ms=after_ms)
        return flow

    def wake(self, flow: Flow, value: Any = None, *, after_ms: int = 0) -> None:
        """Let a flow go on; an earlier wake-up call for it is void."""
        if flow.alive:
            flow.turn += 1
            entry = (self.now_ms + after_ms, next(self._numbers), flow.turn, flow, value)
            heappush(self._queue, entry)

    def crash(self, process: int) -> None:
        """Kill every flow of a process."""
        for flow in self._processes.pop(process, []):
            flow.alive = False
            _kill(flow.body)
            if flow.on_end is not None:
                flow.on_end(Ended(lost=True))

    def close(self) -> None:
        """Close whatever is still under way."""
        waiting = {id(entry[3]): entry[3] for entry in self._queue}
        for flows in self._processes.values():
            waiting |= {id(flow): flow for flow in flows}
        for flow in waiting.values():
            flow.alive = False
            _kill(flow.body)
        self._queue.clear()
        self._processes.clear()

    def step(self) -> bool:
        """Let the flow whose time has come go on; return False when nobody has anything to do."""
        while self._queue:
            at, _, turn, flow, value = heappop(self._queue)
            if flow.alive and flow.turn == turn:
                self.now_ms = max(self.now_ms, at)
                self.steps += 1
                self._go_on(flow, value)
                return True
        return False

    def _go_on(self, flow: Flow, value: Any) -> None:
        self.current = flow
        try:
            wish = flow.body.send(value)
        except StopIteration as stop:
            self._end(flow, Ended(value=stop.value))
        except Exception as error:
            self._end(flow, Ended(error=error))
        else:
            if isinstance(wish, _Pause):
                self.wake(flow, after_ms=wish.ms)
            elif isinstance(wish, _Die) and flow.process is not None:
                self.crash(flow.process)
        finally:
            self.current = None

    def _end(self, flow: Flow, ended: Ended) -> None:
        flow.alive = False
        if flow.process is not None:
            self._processes[flow.process].remove(flow)
        if flow.on_end is not None:
            flow.on_end(ended)


def _kill(body: Coroutine[Any, Any, Any]) -> None:
    """End a flow where it stands; what it would tidy up first a killed process does not.

    It is not closed: then whoever awaits within it would meet a `RuntimeError` for the wish that
    it makes last, and could go on as after any other fault.
    """
    for _ in range(_LAST_WISHES):
        try:
            body.throw(_Killed())
        except BaseException:
            return
