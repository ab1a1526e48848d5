"""Which clocks start when a state is entered, and whether one has run out.

The instants are values: nothing here waits or reads a clock. A host stores the `DueTimer` with the
order and hands it back when its time has come. A timer belongs to one stay in a state, so the
caller drops those of the state that is left; entering it again starts them afresh.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from ordercore.engine.lifecycle.step import allowed
from ordercore.engine.lifecycle.table import Lifecycle
from ordercore.kernel.time import Instant

__all__ = ["DueTimer", "is_due", "timeouts_for"]


@frozen(kw_only=True)
class DueTimer:
    """A trigger that time will pull, unless the order leaves ``state`` before ``due_at``."""

    state: str
    trigger: str
    due_at: Instant
    reason: str


def timeouts_for(lifecycle: Lifecycle, state: str, entered_at: Instant) -> tuple[DueTimer, ...]:
    """Return the timers that start when ``state`` is entered, the earliest first.

    Raises:
        UnknownState: when the lifecycle does not define ``state``.
    """
    allowed(lifecycle, state)
    timers = (
        DueTimer(
            state=timeout.state,
            trigger=timeout.trigger,
            due_at=entered_at + timedelta(seconds=timeout.after_s),
            reason=timeout.reason,
        )
        for timeout in lifecycle.timeouts
        if timeout.state == state
    )
    return tuple(sorted(timers, key=lambda timer: timer.due_at))


def is_due(timer: DueTimer, at: Instant) -> bool:
    """Return whether the timer has run out; the very instant of ``due_at`` counts as run out."""
    return timer.due_at <= at
