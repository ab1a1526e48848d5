from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from dateutil.rrule import DAILY, rrule
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.calendar import BusinessCalendar, OpeningHours, Weekday

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 12, 31))
NEARBY = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 31))
ZONES = st.sampled_from(
    ["UTC", "Europe/Ljubljana", "Africa/Cairo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia"]
)
HOURS = st.none() | st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] < pair[1]).map(
    lambda pair: OpeningHours(opens=pair[0], closes=pair[1])
)
CALENDARS = st.builds(
    BusinessCalendar,
    zone=ZONES,
    weekend=st.frozensets(st.sampled_from(Weekday), max_size=6),
    holidays=st.frozensets(NEARBY, max_size=20),
    cut_off=st.none() | st.times(),
    hours=HOURS,
)
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.just(UTC),
)


@given(calendar=CALENDARS, day=NEARBY, count=st.integers(-40, 40))
def test_a_counted_day_is_a_business_day(calendar: BusinessCalendar, day: date, count: int) -> None:
    """Wherever one starts and whichever way one counts."""
    assert calendar.is_business_day(calendar.add_business_days(day, count))


@given(calendar=CALENDARS, day=NEARBY, count=st.integers(1, 40))
def test_exactly_as_many_business_days_pass_as_were_counted(
    calendar: BusinessCalendar, day: date, count: int
) -> None:
    """Between the start, excluded, and the result, included, lie that many business days."""
    reached = calendar.add_business_days(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (reached - day).days + 1)]

    assert count == sum(calendar.is_business_day(each) for each in passed)


@given(calendar=CALENDARS, day=NEARBY, count=st.integers(0, 40))
def test_counting_back_returns_to_the_business_day_counted_from(
    calendar: BusinessCalendar, day: date, count: int
) -> None:
    """From a business day, forwards and backwards cancel."""
    start = calendar.add_business_days(day, 0)

    assert start == calendar.add_business_days(calendar.add_business_days(start, count), -count)


@given(day=DAYS, count=st.integers(1, 60), holidays=st.frozensets(DAYS, max_size=5))
def test_counting_agrees_with_recurrence_rules(
    day: date, count: int, holidays: frozenset[date]
) -> None:
    """A recurrence over Monday to Friday, less the holidays, is an independent witness."""
    calendar = BusinessCalendar(holidays=holidays)
    first = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)
    rule = rrule(DAILY, dtstart=first, byweekday=range(5), count=count + len(holidays))
    expected = [each.date() for each in rule if each.date() not in holidays][count - 1]

    assert expected == calendar.add_business_days(day, count)


@given(calendar=CALENDARS, at=MOMENTS)
def test_what_is_received_counts_on_its_day_or_on_the_next_business_day(
    calendar: BusinessCalendar, at: datetime
) -> None:
    """Nothing counts for a day before it came, and no business day is skipped without reason."""
    today, counts = calendar.local_date(at), calendar.counts_from(at)

    assert calendar.is_business_day(counts)
    assert counts in {calendar.add_business_days(today, 0), calendar.next_business_day(today)}
    assert counts >= today


@given(calendar=CALENDARS, at=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_what_is_received_later_never_counts_earlier(
    calendar: BusinessCalendar, at: datetime, later: timedelta
) -> None:
    """Also when the clock strikes the cut-off twice because it was put back."""
    assert calendar.counts_from(at) <= calendar.counts_from(at + later)


@given(calendar=CALENDARS, at=MOMENTS)
def test_the_next_opening_is_open_not_earlier_and_nothing_opens_before(
    calendar: BusinessCalendar, at: datetime
) -> None:
    """Waiting for the opening is never too short."""
    opening = calendar.next_open(at)

    assert opening >= at
    assert calendar.is_open(opening)
    assert (opening == at) == calendar.is_open(at)
    if opening > at:
        assert not calendar.is_open(at + (opening - at) / 2)
        assert not calendar.is_open(opening - timedelta(microseconds=1))


@given(calendar=CALENDARS, at=MOMENTS)
def test_a_moment_lies_within_the_local_day_it_belongs_to(
    calendar: BusinessCalendar, at: datetime
) -> None:
    """Days meet without gap or overlap in every zone, also when clocks change at midnight."""
    whole_days = BusinessCalendar(zone=calendar.zone)
    today = whole_days.local_date(at)

    assert whole_days.start_of(today) <= at < whole_days.end_of(today)
    assert whole_days.end_of(today) == whole_days.start_of(today + timedelta(days=1))
