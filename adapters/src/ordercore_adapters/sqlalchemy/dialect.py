"""Where the two databases differ: how an instant is kept, and a few words of SQL.

PostgreSQL has a type for instants. SQLite has none; there an instant is text of fixed width in UTC
(``2026-01-02T03:04:05.600000Z``), which sorts as the instants do.
"""

from __future__ import annotations

from collections.abc import Callable
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
        get: Stored value to instant.
        ticks: SQL for a whole number that only grows, from the server's clock.
        lock: Added to a SELECT whose rows nobody else may change before the transaction ends.
        skip: Added to a SELECT that locks what is free and passes over the rest.
    """

    name: str
    put: Callable[[datetime], object]
    get: Callable[[object], datetime]
    ticks: str
    lock: str
    skip: str

    def row(self, values: tuple[object, ...]) -> tuple[object, ...]:
        """Return ``values`` with each instant in its stored form."""
        return tuple(self.put(v) if isinstance(v, datetime) else v for v in values)

    def put_maybe(self, at: datetime | None) -> object:
        """Return the stored form of an instant that may be missing."""
        return None if at is None else self.put(at)

    def get_maybe(self, stored: object) -> datetime | None:
        """Return a stored instant that may be missing."""
        return None if stored is None else self.get(stored)


def _from_text(stored: object) -> datetime:
    return datetime.fromisoformat(cast("str", stored)).astimezone(UTC)


def _to_column(at: datetime) -> object:
    return at


def _from_column(stored: object) -> datetime:
    return cast("datetime", stored).astimezone(UTC)


SQLITE = Dialect(
    name="sqlite",
    put=format_instant,
    get=_from_text,
    ticks="CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    lock="",  # the transaction already is the only writer
    skip="",
)

POSTGRES = Dialect(
    name="postgresql",
    put=_to_column,
    get=_from_column,
    ticks="CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
    lock="FOR UPDATE",
    skip="FOR UPDATE SKIP LOCKED",
)
