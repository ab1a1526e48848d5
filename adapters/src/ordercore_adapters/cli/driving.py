"""Drive the workers until nothing is due, and move time along where time is virtual.

In virtual time nobody waits: when nothing is due the clock goes to what is due next. Only so far,
though: work that lies hours ahead is a deadline, such as that of an unpaid order, and not part of
what is going on. In real time work that another worker holds is waited for until its lease ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ordercore import OrderCore, OrderCoreError, Ports, SweepRecords, WorkOnce
from ordercore.engine.messaging import LEASE, WorkKind

__all__ = ["Driver", "WORK_ORDER"]

WORK_ORDER: Final = (
    WorkKind.SAGA,
    WorkKind.VALIDATION,
    WorkKind.TIMER,
    WorkKind.RESERVATION,
    WorkKind.STREAM,
)
"""Events are published last, so that those of one order go out together."""

# Longer than any wait of a saga (15 minutes), shorter than any deadline of an order.
_HORIZON = timedelta(minutes=30)
_SHORT_WAIT = timedelta(seconds=1)
_SHORTEST_NAP_S = 0.01
_LONGEST_NAP_S = 0.5
_MOST_FAULTS = 100
_SWEPT_EVERY = timedelta(hours=1)


@frozen
class _NextDue:
    """Ask the store when there is something to do."""

    async def run(self, ports: Ports) -> datetime | None:
        return await ports.store.next_due()


class Driver:
    """Does what is due, one piece after the other.

    Attributes:
        done: Pieces of work done so far.
        faults: What went wrong inside, by code; the work is tried again when its lease has ended.
        swept: Old records removed so far, while nothing was due.
    """

    def __init__(self, core: OrderCore, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Drive the work of ``core``; ``stop`` is asked before each piece."""
        self.done = 0
        self.faults: dict[str, int] = {}
        self.swept = 0
        self._core = core
        self._clock = core.ports.clock
        self._move: Callable[[datetime], None] | None = getattr(self._clock, "advance_to", None)
        self._stop = stop
        self._sweeps_at = self._clock.now()

    @property
    def is_virtual(self) -> bool:
        """Whether time moves only when told."""
        return self._move is not None

    def once(self) -> bool:
        """Do one piece of work; return whether there was one."""
        return self._one(WORK_ORDER)

    def what_is_due(self) -> int:
        """Do everything that is due at this instant; return how many pieces that was."""
        before = self.done
        busy = True
        while busy and not self._stop():
            busy = False
            for kind in WORK_ORDER:
                while not self._stop() and self._one((kind,)):
                    busy = True
        return self.done - before

    def until_idle(self) -> None:
        """Do everything that is due, and what comes due soon after."""
        while not self._stop() and sum(self.faults.values()) <= _MOST_FAULTS:
            self.what_is_due()
            due = self.next_due()
            if due is None or not self._go_to(due):
                return

    def serve(self, seconds: float | None) -> None:
        """Do what is due as it comes due, in real time, for ``seconds`` or until stopped.

        When nothing is due, at first and then every hour, old records are removed.
        """
        end = None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
        while not self._stop() and (end is None or self._clock.now() < end):
            if not (self.once() or self._sweep()):
                due = self.next_due()
                self._nap(due if end is None else min(due or end, end))

    def next_due(self) -> datetime | None:
        """Return when work is due next, or a lease on due work ends."""
        return self._core.handle(_NextDue())

    def _one(self, kinds: tuple[WorkKind, ...]) -> bool:
        try:
            claim = self._core.handle(WorkOnce(kinds=kinds))
        except OrderCoreError as fault:
            # One piece that cannot be done must not keep the others from being done.
            return self._failed(fault)
        self.done += claim is not None
        return claim is not None

    def _sweep(self) -> bool:
        """Remove some old records, if it is time; return whether there may be more."""
        now = self._clock.now()
        if now < self._sweeps_at:
            return False
        try:
            removed = self._core.handle(SweepRecords()).total
        except OrderCoreError as fault:
            self._failed(fault)
            removed = 0
        self.swept += removed
        if not removed:
            self._sweeps_at = now + _SWEPT_EVERY
        return removed > 0

    def _failed(self, fault: OrderCoreError) -> bool:
        """Count a fault; return whether to go on."""
        self.faults[fault.code] = self.faults.get(fault.code, 0) + 1
        return sum(self.faults.values()) <= _MOST_FAULTS

    def _go_to(self, due: datetime) -> bool:
        now = self._clock.now()
        if self._move is not None:
            if due - now > _HORIZON:
                return False
            self._move(max(due, now + timedelta(milliseconds=1)))
            return True
        if due - now > LEASE + _SHORT_WAIT:
            return False
        self._nap(due)
        return True

    def _nap(self, until: datetime | None) -> None:
        """Wait in real time until ``until``, but only a moment: work may arrive meanwhile."""
        seconds = _LONGEST_NAP_S
        if until is not None:
            left = (until - self._clock.now()).total_seconds()
            seconds = min(max(left, _SHORTEST_NAP_S), _LONGEST_NAP_S)
        time.sleep(seconds)
