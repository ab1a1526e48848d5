"""How long records are kept: periods that are refused, and what a period means at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ordercore.engine.messaging import Retention, Swept
from ordercore.kernel.errors import InvalidInput

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


def test_events_are_kept_a_week_and_marks_a_month_unless_told_otherwise() -> None:
    """Answers say themselves when they expire."""
    cutoffs = Retention().cutoffs(NOW)
    assert cutoffs.published == datetime(2026, 3, 24, 12, tzinfo=UTC)
    assert cutoffs.taken == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert cutoffs.expired == NOW


@pytest.mark.parametrize("days", [7, 12.5, 30])
def test_either_period_may_be_chosen_from_a_week_to_a_month(days: float) -> None:
    """Both ends included."""
    kept = timedelta(days=days)
    cutoffs = Retention(events=kept, marks=kept).cutoffs(NOW)
    assert (cutoffs.published, cutoffs.taken) == (NOW - kept, NOW - kept)


@pytest.mark.parametrize("name", ["events", "marks"])
@pytest.mark.parametrize(
    ("period", "said"),
    [
        (7 * DAY - MOMENT, "is 6 days, 23:59:59.999999"),
        (30 * DAY + MOMENT, "is 30 days, 0:00:00.000001"),
        (timedelta(), "is 0:00:00"),
        (-7 * DAY, "is -7 days, 0:00:00"),
        (timedelta.max, "is 999999999 days"),
        (7, "got int"),
        (None, "got NoneType"),
    ],
    ids=repr,
)
def test_any_other_period_is_refused_with_the_field_and_what_is_allowed(
    name: str, period: Any, said: str
) -> None:
    """A shorter one would forget what may still be asked for, a longer one keeps for nothing."""
    with pytest.raises(InvalidInput) as fault:
        Retention(**{name: period})
    assert fault.value.field == name
    assert said in fault.value.problem
    assert fault.value.allowed == "a timedelta of 7 to 30 days"


def test_counts_are_added_kind_by_kind() -> None:
    """So that a host can say what a whole sweep has removed."""
    first, second = Swept(events=1, marks=20, answers=300), Swept(events=2, marks=30, answers=400)
    assert first.and_also(second) == Swept(events=3, marks=50, answers=700)
    assert first.and_also(second).total == 753
    assert Swept().total == 0
