"""Laws of delivery dates, for any calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.fulfilment import delivery_window, estimated_delivery
from ordercore.kernel import BusinessCalendar, Weekday

MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
DAYS = st.integers(0, 12)
CALENDARS = st.builds(
    BusinessCalendar,
    zone=st.sampled_from(["UTC", "Europe/Vienna", "Pacific/Auckland", "America/St_Johns"]),
    weekend=st.frozensets(st.sampled_from(list(Weekday)), max_size=4),
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2028, 3, 1)), max_size=60),
    cut_off=st.one_of(st.none(), st.times(max_value=time(23, 59))),
)


@given(CALENDARS, CALENDARS, MOMENTS, DAYS, DAYS)
def test_nothing_arrives_on_a_day_off(
    warehouse: BusinessCalendar,
    carrier: BusinessCalendar,
    ordered_at: datetime,
    handling: int,
    transit: int,
) -> None:
    """Neither at a weekend nor on a holiday of the carrier, nor before it was ordered."""
    day = estimated_delivery(
        warehouse,
        ordered_at=ordered_at,
        handling_days=handling,
        transit_days=transit,
        carrier=carrier,
    )
    assert day not in carrier.holidays
    assert day.weekday() not in carrier.weekend
    assert day >= warehouse.local_date(ordered_at)


@given(CALENDARS, MOMENTS, DAYS, DAYS)
def test_the_days_on_the_way_are_counted_one_by_one(
    calendar: BusinessCalendar, ordered_at: datetime, handling: int, transit: int
) -> None:
    """Between the day it counts and the day it is there lie that many business days."""
    day = estimated_delivery(
        calendar, ordered_at=ordered_at, handling_days=handling, transit_days=transit
    )
    began = calendar.counts_from(ordered_at)
    span = (day - began).days
    worked = [began + timedelta(days=n) for n in range(1, span + 1)]
    assert handling + transit == sum(calendar.is_business_day(each) for each in worked)


@given(CALENDARS, MOMENTS, st.timedeltas(timedelta(), timedelta(days=30)), DAYS, DAYS)
def test_who_orders_later_waits_longer(
    calendar: BusinessCalendar, first: datetime, later: timedelta, handling: int, transit: int
) -> None:
    """Or gets it on the same day, but never earlier."""
    days = [
        estimated_delivery(
            calendar, ordered_at=moment, handling_days=handling, transit_days=transit
        )
        for moment in (first, first + later)
    ]
    assert days == sorted(days)


@given(CALENDARS, MOMENTS, DAYS, DAYS, DAYS)
def test_a_window_is_the_estimates_of_its_ends(
    calendar: BusinessCalendar, ordered_at: datetime, handling: int, fewest: int, more: int
) -> None:
    """And holds every estimate between them."""
    window = delivery_window(
        calendar,
        ordered_at=ordered_at,
        handling_days=handling,
        transit_days=(fewest, fewest + more),
    )
    for days in range(fewest, fewest + more + 1):
        day = estimated_delivery(
            calendar, ordered_at=ordered_at, handling_days=handling, transit_days=days
        )
        assert window.earliest <= day <= window.latest
