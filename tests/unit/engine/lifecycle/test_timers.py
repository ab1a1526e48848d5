"""Clocks that start with a state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ordercore.engine.lifecycle import Lifecycle, Timeout, is_due, row, timeouts_for
from ordercore.kernel.errors import UnknownState

ANY = ("anybody",)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)

TEA = Lifecycle(
    name="tea",
    states=("brewing", "ready", "cold"),
    initial="brewing",
    terminal=("cold",),
    rows=(
        row("pour", "brewing", "ready", who=ANY),
        row("forget", "brewing", "cold", who=ANY),
        row("forget", "ready", "cold", who=ANY),
    ),
    timeouts=(
        Timeout(state="brewing", after_s=900, trigger="forget", reason="nobody came"),
        Timeout(state="brewing", after_s=240, trigger="pour", reason="brewed"),
    ),
)


def test_entering_a_state_starts_its_clocks_earliest_first() -> None:
    """Each timer says what it will pull, when and why."""
    timers = timeouts_for(TEA, "brewing", NOON)
    assert [(each.trigger, each.due_at, each.reason) for each in timers] == [
        ("pour", NOON + timedelta(minutes=4), "brewed"),
        ("forget", NOON + timedelta(minutes=15), "nobody came"),
    ]
    assert {each.state for each in timers} == {"brewing"}


def test_a_state_without_timeouts_starts_none() -> None:
    """Nothing waits where the table names no time."""
    assert timeouts_for(TEA, "ready", NOON) == ()


def test_a_timer_is_due_from_its_instant_on() -> None:
    """A moment before is too early, the moment itself is not."""
    (first, _) = timeouts_for(TEA, "brewing", NOON)
    assert not is_due(first, first.due_at - TICK)
    assert is_due(first, first.due_at)
    assert is_due(first, first.due_at + TICK)


def test_the_clocks_of_an_unknown_state_are_a_fault() -> None:
    """An order in a state that was removed does not silently lose its deadlines."""
    with pytest.raises(UnknownState):
        timeouts_for(TEA, "steeping", NOON)
