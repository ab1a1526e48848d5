"""Fake surroundings do what a test tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ordercore.kernel.errors import InvalidInput
from ordercore.testing.fakes import START, CountingIds, ManualClock


def test_a_manual_clock_stands_still() -> None:
    """Looking at it twice shows the same instant."""
    clock = ManualClock()
    assert clock.now() == clock.now() == START


def test_a_manual_clock_moves_by_what_it_is_told() -> None:
    """The parts of a step add up, and the new instant is returned."""
    clock = ManualClock()
    step = timedelta(microseconds=1)
    assert clock.advance(step, days=1, hours=2, seconds=3) == clock.now()
    assert clock.now() - START == timedelta(days=1, hours=2, seconds=3, microseconds=1)


def test_a_manual_clock_does_not_advance_backwards() -> None:
    """Going back takes the other method, so that it is meant."""
    clock = ManualClock()
    with pytest.raises(InvalidInput):
        clock.advance(seconds=-1)
    assert clock.now() == START
    clock.set(START - timedelta(days=1))
    assert clock.now() == START - timedelta(days=1)


def test_a_manual_clock_tells_utc() -> None:
    """Other offsets are converted, none at all is refused."""
    elsewhere = timezone(timedelta(hours=1))
    clock = ManualClock(datetime(2026, 1, 1, 1, tzinfo=elsewhere))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    with pytest.raises(InvalidInput):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_counting_ids_count() -> None:
    """Ids are the same in every run, and sort by age beyond ten."""
    ids = CountingIds("order")
    made = [ids.new() for _ in range(12)]
    assert made[0] == "order-00000001"
    assert made == sorted(made)


def test_draws_follow_the_list_over_and_over() -> None:
    """Zero unless told otherwise."""
    assert CountingIds().draw() == 0
    ids = CountingIds(draws=(5, 999))
    assert [ids.draw() for _ in range(3)] == [5, 999, 5]
