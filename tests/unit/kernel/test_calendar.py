from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from attrs import evolve

from ordercore.kernel.calendar import BusinessCalendar, OpeningHours, Weekday
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import parse_instant

FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (date(2026, 11, day) for day in (20, 21, 22, 23, 24))
SHOP = BusinessCalendar(
    zone="Europe/Ljubljana",
    holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}),
    cut_off=time(14),
    hours=OpeningHours(opens=time(8), closes=time(16)),
)


def at(text: str) -> datetime:
    """Return the instant written in RFC 3339."""
    return parse_instant(text)


def test_weekends_and_holidays_are_not_business_days() -> None:
    """Friday counts, Saturday and Christmas (a Friday) do not."""
    assert SHOP.is_business_day(FRIDAY)
    assert not SHOP.is_business_day(SATURDAY)
    assert not SHOP.is_business_day(date(2026, 12, 25))


def test_the_weekend_is_what_the_host_says() -> None:
    """A week that rests on Friday works on Sunday."""
    calendar = BusinessCalendar(weekend=frozenset({Weekday.FRIDAY, Weekday.SATURDAY}))

    assert calendar.is_business_day(SUNDAY)
    assert calendar.next_business_day(date(2026, 11, 19)) == SUNDAY


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, MONDAY),
        (FRIDAY, 2, TUESDAY),
        (MONDAY, -1, FRIDAY),
        (SATURDAY, 0, MONDAY),
        (SATURDAY, 1, MONDAY),
        (SUNDAY, 1, MONDAY),
        (SUNDAY, -1, FRIDAY),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2026, 12, 28), -2, date(2026, 12, 23)),
    ],
)
def test_business_days_are_counted_over_weekends_holidays_and_years(
    day: date, count: int, expected: date
) -> None:
    """Forwards, backwards and from a day that does not count itself."""
    assert expected == SHOP.add_business_days(day, count)


@pytest.mark.parametrize("count", [True, 1.0, "1", None])
def test_the_number_of_business_days_must_be_whole(count: object) -> None:
    """A bool or a fraction is refused, never coerced."""
    with pytest.raises(InvalidInput) as caught:
        SHOP.add_business_days(FRIDAY, count)  # type: ignore[arg-type]

    assert caught.value.field == "count"


def test_counting_beyond_the_last_date_is_refused() -> None:
    """The calendar ends in year 9999 and begins in year 1."""
    with pytest.raises(InvalidInput):
        SHOP.add_business_days(date.max, 1)
    with pytest.raises(InvalidInput):
        SHOP.add_business_days(date.min, -1)


def test_a_datetime_is_not_taken_for_a_date() -> None:
    """It would never equal a holiday, so a holiday would pass as a business day."""
    with pytest.raises(InvalidInput):
        SHOP.is_business_day(datetime(2026, 12, 25, tzinfo=UTC))
    with pytest.raises(InvalidInput):
        BusinessCalendar(holidays=frozenset({datetime(2026, 12, 25, tzinfo=UTC)}))


@pytest.mark.parametrize(
    ("received", "counts_from"),
    [
        ("2026-11-20T12:59:59.999999Z", FRIDAY),  # 13:59:59 local time
        ("2026-11-20T13:00:00Z", MONDAY),  # 14:00, the cut-off itself
        ("2026-11-21T09:00:00Z", MONDAY),
        ("2026-11-22T23:30:00Z", MONDAY),  # 00:30 on Monday, local time
        ("2026-07-17T12:30:00Z", date(2026, 7, 20)),  # 14:30 in summer, the same UTC hour as 13:30
        ("2026-12-24T15:00:00Z", date(2026, 12, 28)),
    ],
)
def test_what_arrives_after_the_cut_off_counts_for_the_next_business_day(
    received: str, counts_from: date
) -> None:
    """The clock and the date are those of the zone, also when summer time shifts them."""
    assert counts_from == SHOP.counts_from(at(received))


def test_without_a_cut_off_the_whole_day_counts() -> None:
    """The last minute of a business day is still that day."""
    calendar = BusinessCalendar()

    assert calendar.counts_from(at("2026-11-20T23:59:59Z")) == FRIDAY
    assert calendar.counts_from(at("2026-11-21T00:00:00Z")) == MONDAY


@pytest.mark.parametrize(
    ("moment", "is_open", "next_open"),
    [
        ("2026-11-20T06:59:59Z", False, "2026-11-20T07:00:00Z"),
        ("2026-11-20T07:00:00Z", True, "2026-11-20T07:00:00Z"),
        ("2026-11-20T14:59:59Z", True, "2026-11-20T14:59:59Z"),
        ("2026-11-20T15:00:00Z", False, "2026-11-23T07:00:00Z"),
        ("2026-11-21T10:00:00Z", False, "2026-11-23T07:00:00Z"),
        ("2026-07-17T06:00:00Z", True, "2026-07-17T06:00:00Z"),
    ],
)
def test_a_shop_opens_and_closes_by_its_own_clock(
    moment: str, is_open: bool, next_open: str
) -> None:
    """Open from the first moment until just before the last; otherwise the next opening is told."""
    assert is_open == SHOP.is_open(at(moment))
    assert at(next_open) == SHOP.next_open(at(moment))


def test_without_hours_a_business_day_is_open_from_midnight_to_midnight() -> None:
    """The local day is meant, so it begins and ends an hour before that of UTC in winter."""
    calendar = evolve(SHOP, hours=None)

    assert calendar.is_open(at("2026-11-20T22:59:59Z"))
    assert not calendar.is_open(at("2026-11-20T23:00:00Z"))
    assert at("2026-11-19T23:00:00Z") == calendar.start_of(FRIDAY)
    assert at("2026-11-20T23:00:00Z") == calendar.end_of(FRIDAY)


def test_the_day_on_which_clocks_change_is_shorter_or_longer_than_24_hours() -> None:
    """Ends of days are found on the local clock and not by adding 24 hours."""
    calendar = BusinessCalendar(zone="Europe/Ljubljana")
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    assert (calendar.end_of(spring) - calendar.start_of(spring)).total_seconds() == 23 * 3600
    assert (calendar.end_of(autumn) - calendar.start_of(autumn)).total_seconds() == 25 * 3600


def test_a_cut_off_that_strikes_twice_holds_from_the_first_time() -> None:
    """In the repeated hour the clock is before the cut-off again, but the day is over."""
    calendar = BusinessCalendar(
        zone="Europe/Ljubljana", weekend=frozenset({Weekday.SATURDAY}), cut_off=time(2, 30)
    )
    sunday, monday = date(2026, 10, 25), date(2026, 10, 26)

    assert sunday == calendar.counts_from(at("2026-10-25T00:29:59Z"))
    assert monday == calendar.counts_from(at("2026-10-25T00:30:00Z"))
    assert monday == calendar.counts_from(at("2026-10-25T01:15:00Z"))  # 02:15 for the second time


def test_opening_hours_that_clocks_put_forward_swallow_are_passed_over() -> None:
    """From 02:30 to 03:15 there is no moment on the day on which 02:00 becomes 03:00."""
    calendar = BusinessCalendar(
        zone="Europe/Ljubljana",
        weekend=frozenset({Weekday.SATURDAY}),
        hours=OpeningHours(opens=time(2, 30), closes=time(3, 15)),
    )

    assert at("2026-03-30T00:30:00Z") == calendar.next_open(at("2026-03-28T12:00:00Z"))


def test_a_date_that_a_zone_left_out_is_never_open() -> None:
    """Samoa crossed the date line and had no 30 December 2011."""
    calendar = BusinessCalendar(zone="Pacific/Apia", holidays=frozenset({date(2011, 12, 29)}))
    monday = calendar.start_of(date(2012, 1, 2))

    assert calendar.start_of(date(2011, 12, 30)) == calendar.end_of(date(2011, 12, 30))
    assert monday == calendar.next_open(calendar.start_of(date(2011, 12, 29)))


def test_opening_hours_give_the_start_and_end_of_the_day() -> None:
    """Eight to sixteen in Ljubljana is seven to fifteen UTC in winter."""
    assert at("2026-11-20T07:00:00Z") == SHOP.start_of(FRIDAY)
    assert at("2026-11-20T15:00:00Z") == SHOP.end_of(FRIDAY)


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../etc/passwd", "/etc/localtime", None, 5])
def test_an_unknown_zone_is_refused_when_the_calendar_is_made(zone: object) -> None:
    """A misspelt zone shows at configuration and not with the first order."""
    with pytest.raises(InvalidInput) as caught:
        BusinessCalendar(zone=zone)  # type: ignore[arg-type]

    assert caught.value.field == "zone"


def test_a_week_without_business_days_is_refused() -> None:
    """Looking for the next business day would never end."""
    with pytest.raises(InvalidInput) as caught:
        BusinessCalendar(weekend=frozenset(Weekday))

    assert caught.value.field == "weekend"


def test_weekend_days_are_numbers_of_the_week() -> None:
    """An eighth day of the week is refused."""
    with pytest.raises(InvalidInput):
        BusinessCalendar(weekend=frozenset({7}))  # type: ignore[arg-type]


@pytest.mark.parametrize("clock", [time(14, tzinfo=UTC), "14:00", 14])
def test_times_of_day_have_no_offset_of_their_own(clock: object) -> None:
    """The calendar's zone is the only one; a second would contradict it half of the year."""
    with pytest.raises(InvalidInput) as caught:
        BusinessCalendar(cut_off=clock)  # type: ignore[arg-type]
    assert caught.value.field == "cut_off"
    with pytest.raises(InvalidInput) as caught:
        OpeningHours(opens=clock, closes=time(16))  # type: ignore[arg-type]
    assert caught.value.field == "opens"


@pytest.mark.parametrize("closes", [time(8), time(7)])
def test_closing_comes_after_opening(closes: time) -> None:
    """Hours over midnight are not supported and do not pass for a short day."""
    with pytest.raises(InvalidInput) as caught:
        OpeningHours(opens=time(8), closes=closes)

    assert caught.value.field == "closes"


def test_a_calendar_given_lists_holds_immutable_sets() -> None:
    """The list that configuration was read from can change later without effect."""
    holidays = [MONDAY]
    calendar = BusinessCalendar(holidays=holidays)
    holidays.clear()

    assert not calendar.is_business_day(MONDAY)
    assert hash(calendar) == hash(BusinessCalendar(holidays=frozenset({MONDAY})))
