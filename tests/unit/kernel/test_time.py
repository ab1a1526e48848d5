from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

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


class NoOffset(tzinfo):
    """A zone that cannot say its offset: such a datetime has a tzinfo and is naive all the same."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> None:
        return None


def at(text: str) -> datetime:
    """Return the instant written in RFC 3339."""
    return parse_instant(text)


def test_an_instant_in_utc_is_kept_as_it_is() -> None:
    """The common case costs no conversion."""
    value = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)

    assert instant(value) is value


@pytest.mark.parametrize("zone", [ZoneInfo("Europe/Ljubljana"), timezone(timedelta(hours=1)), UTC])
def test_other_offsets_are_converted_to_utc(zone: tzinfo) -> None:
    """The moment stays, the zone becomes UTC itself and not something equal to it."""
    value = datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone)

    assert value == instant(value)
    assert instant(value).tzinfo is UTC


def test_the_second_pass_of_a_repeated_hour_is_told_from_the_first() -> None:
    """When clocks go back, the fold says which of the two moments is meant."""
    zone = ZoneInfo("Europe/Ljubljana")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=0)

    assert timedelta(hours=1) == instant(first.replace(fold=1)) - instant(first)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2),  # noqa: DTZ001 - naive on purpose
        datetime(2026, 1, 2, tzinfo=NoOffset()),
        date(2026, 1, 2),
        "2026-01-02T03:04:05Z",
        1767323045,
        None,
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_what_is_not_one_moment_within_the_calendar_is_refused(value: object) -> None:
    """Naive times, dates, texts, numbers and times beyond the calendar's ends name the field."""
    with pytest.raises(InvalidInput) as caught:
        instant(value, field="placed_at")  # type: ignore[arg-type]

    assert caught.value.field == "placed_at"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.6Z", datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.678901Z", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("2026-01-02T03:04:05.678901999Z", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("2026-01-02T03:04:05+05:30", datetime(2026, 1, 1, 21, 34, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_read(text: str, expected: datetime) -> None:
    """Fractions, offsets and digits beyond the microsecond are understood."""
    assert expected == parse_instant(text)
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02 03:04:05Z",
        "2026-01-02t03:04:05z",
        "2026-01-02T03:04Z",
        "20260102T030405Z",
        "2026-W01-5T03:04:05Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05,6Z",
        "2026-01-02T03:04:05+0100",
        "2026-01-02T03:04:05+01",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-02T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "2026-01-02T03:04:05Z\n",
        " 2026-01-02T03:04:05Z",
        "٢٠٢٦-01-02T03:04:05Z",
        "2026-01-02T03:04:05." + "1" * 100 + "Z",
    ],
)
def test_any_other_text_is_refused_under_its_field_name(text: str) -> None:
    """Missing parts, other ISO forms, impossible moments and stray characters."""
    with pytest.raises(InvalidInput) as caught:
        parse_instant(text, field="paid_at")

    assert caught.value.field == "paid_at"


@pytest.mark.parametrize("value", [None, 5, datetime(2026, 1, 2, tzinfo=UTC)])
def test_only_text_is_parsed(value: object) -> None:
    """What is not text is named by its type."""
    with pytest.raises(InvalidInput, match=type(value).__name__):
        parse_instant(value)  # type: ignore[arg-type]


def test_an_instant_is_written_with_six_decimals_and_z() -> None:
    """The width never varies, so texts sort like instants; early years keep four digits."""
    whole_second = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert format_instant(whole_second) == "2026-01-02T03:04:05.000000Z"
    assert format_instant(datetime(7, 1, 2, tzinfo=UTC)) == "0007-01-02T00:00:00.000000Z"


def test_a_naive_time_is_not_written() -> None:
    """Appending Z to a time of unknown offset would invent a moment."""
    with pytest.raises(InvalidInput):
        format_instant(datetime(2026, 1, 2))  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"),
        ("2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"),
        ("2026-01-31T10:00:00Z", 2, "2026-03-31T10:00:00Z"),
        ("2026-03-31T10:00:00Z", -1, "2026-02-28T10:00:00Z"),
        ("2026-12-15T10:00:00Z", 1, "2027-01-15T10:00:00Z"),
        ("2028-02-29T10:00:00Z", 12, "2029-02-28T10:00:00Z"),
        ("2026-05-05T10:00:00Z", 0, "2026-05-05T10:00:00Z"),
    ],
)
def test_months_are_added_with_the_last_day_where_the_month_is_short(
    start: str, months: int, expected: str
) -> None:
    """The end of a month never spills into the next one."""
    assert at(expected) == add_months(at(start), months)


def test_a_series_counted_from_its_first_date_returns_to_the_31st() -> None:
    """Counting from the previous date instead would stay on the 28th for good."""
    start = at("2026-01-31T00:00:00Z")

    assert [add_months(start, n).day for n in range(4)] == [31, 28, 31, 30]
    assert add_months(add_months(start, 1), 1).day == 28


@pytest.mark.parametrize("months", [True, 1.0, "1", None, 10**6, -(10**6), 10**30])
def test_months_must_be_whole_and_stay_within_the_calendar(months: object) -> None:
    """A bool, a fraction and a count beyond year 9999 are refused."""
    with pytest.raises(InvalidInput) as caught:
        add_months(at("2026-01-01T00:00:00Z"), months)  # type: ignore[arg-type]

    assert caught.value.field == "months"


def test_windows_start_at_midnight_utc_on_the_day_the_monday_and_the_first() -> None:
    """2026-11-21 is a Saturday; its week began on Monday the 16th."""
    moment = at("2026-11-21T23:59:59.999999Z")

    assert at("2026-11-21T00:00:00Z") == start_of_day(moment)
    assert at("2026-11-16T00:00:00Z") == start_of_week(moment)
    assert at("2026-11-01T00:00:00Z") == start_of_month(moment)


def test_a_week_may_have_begun_in_the_year_before() -> None:
    """Thursday the first of January 2026 belongs to the week of 29 December."""
    assert at("2025-12-29T00:00:00Z") == start_of_week(at("2026-01-01T12:00:00Z"))


def test_the_day_is_that_of_utc_whatever_the_offset() -> None:
    """Half past midnight in Ljubljana is still the day before in UTC."""
    moment = datetime(2026, 7, 1, 0, 30, tzinfo=ZoneInfo("Europe/Ljubljana"))

    assert date(2026, 6, 30) == day_of(moment)
    assert at("2026-06-30T00:00:00Z") == start_of_day(moment)
