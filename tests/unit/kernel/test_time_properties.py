from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import (
    add_months,
    day_of,
    format_instant,
    instant,
    parse_instant,
    start_of_day,
    start_of_month,
    start_of_week,
)

INSTANTS = st.datetimes(timezones=st.just(UTC))
ORDINARY = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.just(UTC),
)
ZONED = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.timezones(),
)


@given(at=INSTANTS)
def test_text_written_is_read_back_as_the_same_instant(at: datetime) -> None:
    """Writing and parsing are inverse over the whole calendar."""
    assert at == parse_instant(format_instant(at))


@given(first=INSTANTS, second=INSTANTS)
def test_texts_sort_as_their_instants_do(first: datetime, second: datetime) -> None:
    """A text column orders rows by time without knowing what time is."""
    assert (first < second) == (format_instant(first) < format_instant(second))


@given(text=st.text(alphabet="0123456789-:.TZ+ ", max_size=30))
def test_no_text_raises_anything_but_the_documented_fault(text: str) -> None:
    """Garbage from outside is refused, and what is accepted is in UTC."""
    try:
        parsed = parse_instant(text)
    except InvalidInput:
        return

    assert parsed.tzinfo is UTC


@given(value=ZONED)
def test_converting_keeps_the_moment_and_is_done_once(value: datetime) -> None:
    """A second conversion changes nothing."""
    converted = instant(value)

    assert value.timestamp() == converted.timestamp()
    assert instant(converted) is converted


@given(at=ORDINARY, months=st.integers(-600, 600))
def test_adding_months_lands_in_the_right_month_on_the_nearest_possible_day(
    at: datetime, months: int
) -> None:
    """Month arithmetic by hand agrees: same day or the last one, same time of day."""
    later = add_months(at, months)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)

    assert (year, month + 1) == (later.year, later.month)
    assert min(at.day, monthrange(year, month + 1)[1]) == later.day
    assert at.timetz() == later.timetz()


@given(at=ORDINARY, months=st.integers(0, 600))
def test_more_months_never_lead_to_an_earlier_instant(at: datetime, months: int) -> None:
    """A longer term does not end before a shorter one."""
    assert add_months(at, months) < add_months(at, months + 1)


@given(at=ORDINARY)
def test_an_instant_lies_within_each_of_its_windows(at: datetime) -> None:
    """Windows are half open: they begin no later than the instant and end after it."""
    assert start_of_day(at) <= at < start_of_day(at) + timedelta(days=1)
    assert start_of_week(at) <= at < start_of_week(at) + timedelta(weeks=1)
    assert start_of_month(at) <= at < add_months(start_of_month(at), 1)


@given(at=ORDINARY)
def test_windows_begin_on_their_boundaries_and_begin_where_they_begin(at: datetime) -> None:
    """The start of a window is its own start."""
    for start in (start_of_day, start_of_week, start_of_month):
        assert start(at) == start(start(at)) == start_of_day(start(at))
    assert start_of_week(at).weekday() == 0
    assert start_of_month(at).day == 1
    assert day_of(at) == day_of(start_of_day(at))
