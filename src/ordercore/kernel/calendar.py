"""Business days and opening hours: which days count, and from when something received counts.

A calendar is a value supplied by the host: weekend, holidays, one time zone, and optionally a
cut-off and opening hours. No holiday is known here. Dates are dates of the calendar's zone, so a
moment late in the evening UTC may already belong to the next day. Zone rules come from the
system's time zone data through the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import IntEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import Instant, instant

__all__ = ["BusinessCalendar", "OpeningHours", "Weekday"]


class Weekday(IntEnum):
    """Days of the week, numbered as by ``date.weekday``."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@frozen(kw_only=True)
class OpeningHours:
    """Hours of one day by the local clock; open from ``opens`` until just before ``closes``.

    Raises:
        InvalidInput: a time has an offset of its own, or closing is not after opening.
    """

    opens: time
    closes: time

    def __attrs_post_init__(self) -> None:
        _check_local(self.opens, "opens")
        _check_local(self.closes, "closes")
        if self.closes <= self.opens:
            raise InvalidInput(
                field="closes", problem=f"{self.closes} is not after {self.opens}", allowed=None
            )


def _weekdays(days: Iterable[Weekday]) -> frozenset[Weekday]:
    return frozenset(days)


def _dates(days: Iterable[date]) -> frozenset[date]:
    return frozenset(days)


@frozen(kw_only=True)
class BusinessCalendar:
    """Which days are business days somewhere, and when such a day ends for newcomers.

    Attributes:
        zone: IANA name of the time zone whose dates and clock are meant.
        weekend: Days of the week that are never business days; not all seven.
        holidays: Further dates that are not business days. Years without entries have none.
        cut_off: Local time from which something received counts for the next business day; None
            when the whole day counts.
        hours: Opening hours of each business day; None for round the clock.

    Raises:
        InvalidInput: an unknown zone, a weekend of seven days, or a cut-off with an offset.
    """

    zone: str = "UTC"
    weekend: frozenset[Weekday] = field(
        default=frozenset({Weekday.SATURDAY, Weekday.SUNDAY}), converter=_weekdays
    )
    holidays: frozenset[date] = field(default=frozenset(), converter=_dates)
    cut_off: time | None = None
    hours: OpeningHours | None = None

    def __attrs_post_init__(self) -> None:
        _zone(self.zone)
        if not self.weekend < frozenset(Weekday):
            raise InvalidInput(
                field="weekend", problem="leaves no business day", allowed="at most six weekdays"
            )
        for holiday in self.holidays:
            _check_date(holiday, "holidays")
        if self.cut_off is not None:
            _check_local(self.cut_off, "cut_off")

    def local_date(self, at: Instant) -> date:
        """Return the calendar date of ``at`` in the calendar's zone."""
        return instant(at).astimezone(_zone(self.zone)).date()

    def is_business_day(self, day: date) -> bool:
        """Say whether ``day`` is neither weekend nor holiday."""
        return _check_date(day, "day").weekday() not in self.weekend and day not in self.holidays

    def next_business_day(self, day: date) -> date:
        """Return the first business day after ``day``."""
        return self.add_business_days(day, 1)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the business day ``count`` business days after ``day`` (before, when negative).

        A ``day`` that is no business day counts from its place between its neighbours: Saturday
        plus one is Monday, minus one is Friday. Zero returns ``day`` itself when it is a business
        day, and otherwise the next one.

        Raises:
            InvalidInput: the count is not a plain int, or the result is outside the calendar.
        """
        if type(count) is not int:
            raise InvalidInput(
                field="count", problem=f"got {type(count).__name__}", allowed="a whole number"
            )
        if count == 0 and self.is_business_day(day):
            return day
        step = timedelta(days=-1 if count < 0 else 1)
        reached = day
        try:
            for _ in range(max(abs(count), 1)):
                reached += step
                while not self.is_business_day(reached):
                    reached += step
        except OverflowError:
            raise InvalidInput(
                field="count", problem=f"{count} leads out of the calendar", allowed=None
            ) from None
        return reached

    def counts_from(self, at: Instant) -> date:
        """Return the business day on which something received at ``at`` counts.

        That is the local date of ``at`` when it is a business day and the cut-off has not struck,
        and otherwise the next business day.
        """
        today = self.local_date(at)
        late = self.cut_off is not None and at >= self._at(today, self.cut_off)
        if late or not self.is_business_day(today):
            return self.next_business_day(today)
        return today

    def is_open(self, at: Instant) -> bool:
        """Say whether ``at`` falls on a business day, within opening hours where there are any."""
        today = self.local_date(at)
        return self.is_business_day(today) and self.start_of(today) <= at < self.end_of(today)

    def start_of(self, day: date) -> Instant:
        """Return the instant at which ``day`` starts here: opening time, or local midnight."""
        return self._at(day, self.hours.opens if self.hours else time.min)

    def end_of(self, day: date) -> Instant:
        """Return the instant at which ``day`` has ended here: closing time, or local midnight."""
        if self.hours:
            return self._at(day, self.hours.closes)
        return self._at(_check_date(day, "day") + timedelta(days=1), time.min)

    def next_open(self, at: Instant) -> Instant:
        """Return ``at`` itself when open then, and otherwise the next opening."""
        if self.is_open(at):
            return instant(at)
        day = self.local_date(at)
        if not self.is_business_day(day) or at >= self.start_of(day):
            day = self.next_business_day(day)
        # Clocks put forward can swallow short hours, and once swallowed a whole date.
        while self.start_of(day) >= self.end_of(day):
            day = self.next_business_day(day)
        return self.start_of(day)

    def _at(self, day: date, clock: time) -> Instant:
        return datetime.combine(_check_date(day, "day"), clock, tzinfo=_zone(self.zone)).astimezone(
            UTC
        )


def _zone(name: str) -> tzinfo:
    # UTC needs no time zone data, which small systems do not always have.
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InvalidInput(
            field="zone", problem=f"{name!r} is not known here", allowed="an IANA zone name"
        ) from None


def _check_date(day: object, name: str) -> date:
    # A datetime is a date to Python, but never equals one: a holiday given so would never match.
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidInput(field=name, problem=f"got {type(day).__name__}", allowed="a plain date")
    return day


def _check_local(clock: object, name: str) -> None:
    if not isinstance(clock, time) or clock.tzinfo is not None:
        raise InvalidInput(
            field=name, problem=f"{clock!r} is not one", allowed="a time of day without an offset"
        )
