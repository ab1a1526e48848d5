"""Where the two databases differ: how an instant is kept, and a few words of SQL.

PostgreSQL has a type for instants. SQLite has none; there an instant is text of fixed width in UTC
(``2026-01-02T03:04:05.600000Z``), which sorts as the instants do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import cast

from attrs import frozen

from ordercore.kernel.time import format_instant

__all__ = ["Dialect", "POSTGRES", "SQLITE"]


@frozen(kw_only=True)
class Dialect:
    """One database's ways.

    Attributes:
        put: Instant to stored value.
        put_all: The same for each instant among the values of a row.
        get: Stored value to instant.
        fence: SQL for the next number of a lease, with marks for the values of ``ticks``.
        ticks: A whole number that grows, where the database has none; never read as a time.
        lock: Added to a SELECT whose rows nobody else may change before the transaction ends.
        among: Added to a column: it is one of the texts in a mark's value, made by ``listed``.
        listed: Texts to the value of such a mark.
        skip: Added to a SELECT that locks what is free and passes over the rest.
    """

    name: str
    put: Callable[[datetime], object]
    put_all: Callable[[tuple[object, ...]], tuple[object, ...]]
    get: Callable[[object], datetime]
    fence: str
    ticks: Callable[[], tuple[int, ...]]
    lock: str
    skip: str
    among: str
    listed: Callable[[Iterable[str]], object]

    def put_maybe(self, at: datetime | None) -> object:
        """Return the stored form of an instant that may be missing."""
        return None if at is None else self.put(at)

    def get_maybe(self, stored: object) -> datetime | None:
        """Return a stored instant that may be missing."""
        return None if stored is None else self.get(stored)


def _from_text(stored: object) -> datetime:
    return datetime.fromisoformat(cast("str", stored)).astimezone(UTC)


def _all_to_text(values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(format_instant(v) if isinstance(v, datetime) else v for v in values)


def _to_column(at: datetime) -> object:
    return at


def _all_to_columns(values: tuple[object, ...]) -> tuple[object, ...]:
    return values


def _from_column(stored: object) -> datetime:
    return cast("datetime", stored).astimezone(UTC)


def _to_json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))


def _nanoseconds() -> tuple[int, ...]:
    return (time.time_ns(),)  # noqa: TID251 - its own clock is too coarse to tell two claims apart


SQLITE = Dialect(
    name="sqlite",
    put=format_instant,
    put_all=_all_to_text,
    get=_from_text,
    fence="max(fence + 1, ?)",
    ticks=_nanoseconds,
    lock="",  # the transaction already is the only writer
    skip="",
    among="IN (SELECT value FROM json_each(?))",
    listed=_to_json,
)

POSTGRES = Dialect(
    name="postgresql",
    put=_to_column,
    put_all=_all_to_columns,
    get=_from_column,
    fence="GREATEST(fence + 1, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint))",
    ticks=tuple,
    lock="FOR UPDATE",
    skip="FOR UPDATE SKIP LOCKED",
    among="= ANY(?)",
    listed=list,
)
