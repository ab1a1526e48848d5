"""Instants: what a point in time looks like inside ordercore, and how it is read and written.

An `Instant` is a ``datetime`` that is aware and in UTC. `instant` and `parse_instant` make one at
the door; behind it nobody asks about zones again. Nothing here reads a clock: the current instant
comes in as a value. Days, weeks and months are those of UTC; calendars with a zone of their own are
in `ordercore.kernel.calendar`. This is the only module that knows python-dateutil.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from dateutil.relativedelta import relativedelta

from ordercore.kernel.errors import InvalidInput

__all__ = [
    "Instant",
    "add_months",
    "day_of",
    "format_instant",
    "instant",
    "parse_instant",
    "start_of_day",
    "start_of_month",
    "start_of_week",
]

Instant: TypeAlias = datetime
"""A point in time: an aware ``datetime`` in UTC, made by `instant` or `parse_instant`."""

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_MAX_TEXT = 64


def instant(value: datetime, *, field: str = "at") -> Instant:
    """Return ``value`` as an instant in UTC, converting other offsets.

    Raises:
        InvalidInput: naming ``field``, when the value is not a ``datetime``, has no offset (nobody
            can say which moment it means), or falls outside the years 1 to 9999.
    """
    allowed = "a datetime with an offset"
    if not isinstance(value, datetime):
        raise InvalidInput(field=field, problem=f"got {type(value).__name__}", allowed=allowed)
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise InvalidInput(field=field, problem="has no UTC offset", allowed=allowed)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            field=field, problem="is outside the calendar", allowed="years 1 to 9999 in UTC"
        ) from None


def parse_instant(text: str, *, field: str = "at") -> Instant:
    """Return the instant written as RFC 3339 date-time, such as ``2026-01-02T03:04:05.6Z``.

    Capital T and Z, and an offset, are required. Digits beyond the microsecond are cut off, which
    keeps the order of instants. A leap second (``:60``) is refused.

    Raises:
        InvalidInput: naming ``field``, when the text is anything else or no such moment exists.
    """
    allowed = "an RFC 3339 time such as 2026-01-02T03:04:05Z"
    if not isinstance(text, str):
        raise InvalidInput(field=field, problem=f"got {type(text).__name__}", allowed=allowed)
    if len(text) > _MAX_TEXT or not _RFC_3339.fullmatch(text):
        raise InvalidInput(field=field, problem=f"{text[:40]!r} is not one", allowed=allowed)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text[:40]!r}: {error}"
        raise InvalidInput(field=field, problem=problem, allowed=allowed) from None
    return instant(parsed, field=field)


def format_instant(at: Instant) -> str:
    """Return ``at`` in RFC 3339 with six decimals and Z; such texts sort as the instants do.

    >>> format_instant(parse_instant("2026-01-02T04:04:05.6+01:00"))
    '2026-01-02T03:04:05.600000Z'
    """
    return f"{instant(at).isoformat(timespec='microseconds')[:-6]}Z"  # without its +00:00


def add_months(at: Instant, months: int) -> Instant:
    """Return the same day and time ``months`` later (earlier when negative).

    Where that month is too short its last day is taken. Count from the first date of a series, not
    from the previous one: 31 January plus two months is 31 March, but plus one and one is 28 March.

    Raises:
        InvalidInput: the count is not a plain int, or the result is outside the calendar.
    """
    allowed = "a whole number that stays within years 1 to 9999"
    if type(months) is not int:
        raise InvalidInput(field="months", problem=f"got {type(months).__name__}", allowed=allowed)
    try:
        return instant(at) + relativedelta(months=months)
    except (OverflowError, ValueError):
        raise InvalidInput(
            field="months", problem=f"{months} leads out of the calendar", allowed=allowed
        ) from None


def day_of(at: Instant) -> date:
    """Return the calendar date of ``at`` in UTC."""
    return instant(at).date()


def start_of_day(at: Instant) -> Instant:
    """Return midnight UTC at the start of the day that ``at`` lies in."""
    return instant(at).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def start_of_week(at: Instant) -> Instant:
    """Return midnight UTC at the start of the Monday of the week that ``at`` lies in."""
    midnight = start_of_day(at)
    return midnight - timedelta(days=midnight.weekday())


def start_of_month(at: Instant) -> Instant:
    """Return midnight UTC at the start of the first day of the month that ``at`` lies in."""
    return start_of_day(at).replace(day=1)
