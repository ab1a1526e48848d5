"""Live through many simulated worlds, on several processors, and tell how far it is.

Ranges of seeds are handed to processes and come back as tallies in the order of their seeds, so the
result is the same however many processes there are. Whoever is interrupted says where to go on.
"""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from ordercore_adapters.cli.faults import wrong_use
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.stopping import stopping

if TYPE_CHECKING:
    from ordercore.ports import Clock, Ids, Ports
    from ordercore.testing.simulation import Tally, Worlds

__all__ = ["live_through", "range_of", "simulated_ports"]

_PART = 4
_AHEAD = 3
_TELL_EVERY_S = 10.0


def simulated_ports(clock: Clock, ids: Ids) -> Ports:
    """Return ports over an empty store in memory."""
    from ordercore_adapters import memory

    return memory.ports(clock=clock, ids=ids)


def range_of(text: str) -> tuple[int, int]:
    """Return the seeds that ``first..last`` names.

    Raises:
        CommandFault: it names none.
    """
    first, dots, last = text.partition("..")
    try:
        seeds = int(first), int(last if dots else first)
    except ValueError:
        seeds = (1, 0)
    if seeds[0] > seeds[1]:
        raise wrong_use("not_a_range", f"{text!r} is no range of seeds", allowed="such as 1..400")
    return seeds


def live_through(out: Output, worlds: Worlds, *, jobs: int) -> Tally:
    """Live through the worlds until a law is broken or somebody asks to stop.

    Args:
        out: Where to tell how far it is.
        worlds: Which.
        jobs: How many processes share them.
    """
    from ordercore.testing.simulation import Tally

    total, began = Tally(), time.perf_counter()
    told = began
    with stopping() as asked:
        for tally in _shared(worlds, jobs) if jobs > 1 else _alone(worlds):
            total += tally
            now = time.perf_counter()
            if now - told >= _TELL_EVERY_S:
                told = now
                rate = total.orders / (now - began)
                left = f"world {total.worlds} of {len(worlds)}"
                out.note(f"{left}: {total.orders} orders, {rate:.0f} a second")
            if total.broken is not None:
                break
            if asked():
                out.note(f"go on with --worlds {worlds.first + total.worlds}..{worlds.last}")
                break
    return total


def _alone(worlds: Worlds) -> Iterator[Tally]:
    from ordercore.testing.simulation import run_worlds

    yield from run_worlds(worlds, simulated_ports)


def _shared(worlds: Worlds, jobs: int) -> Iterator[Tally]:
    """Yield the tallies in order; no more is begun than a little ahead of what was taken."""
    parts = worlds.parts(_PART)
    under_way: deque[Future[tuple[Tally, ...]]] = deque()
    # A fresh interpreter each: nothing of this process is carried over, on every system alike.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_signals)
    try:
        for part in parts:
            under_way.append(pool.submit(_part, part))
            if len(under_way) >= jobs * _AHEAD:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _part(worlds: Worlds) -> tuple[Tally, ...]:
    return tuple(_alone(worlds))


def _leave_signals() -> None:
    """Let the process that was started by a person decide when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
