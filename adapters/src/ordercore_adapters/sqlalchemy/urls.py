"""Which databases are meant by an address."""

from __future__ import annotations

import sqlalchemy as sa

from ordercore.kernel.errors import InvalidInput

__all__ = ["async_url", "blocking_url", "is_sqlite"]

_ALLOWED = "sqlite:///orders.db or postgresql+psycopg://user@host/name"
_BLOCKING = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_ASYNC = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg_async"}


def blocking_url(url: str) -> sa.URL:
    """Return the address with the blocking driver.

    Raises:
        InvalidInput: it is not the address of a database file or of a PostgreSQL database.
    """
    return _with_driver(url, _BLOCKING)


def async_url(url: str) -> sa.URL:
    """Return the address with the driver that awaits.

    Raises:
        InvalidInput: as for `blocking_url`.
    """
    return _with_driver(url, _ASYNC)


def is_sqlite(url: str) -> bool:
    """Return whether this is the address of a database file."""
    return blocking_url(url).get_backend_name() == "sqlite"


def _with_driver(url: str, drivers: dict[str, str]) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # the latter for a port that is no number
        raise InvalidInput(field="url", problem="is no address", allowed=_ALLOWED) from None
    backend = parsed.get_backend_name()
    if backend not in drivers:
        raise InvalidInput(field="url", problem=f"{backend} is not known", allowed=_ALLOWED)
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        # Each connection would see a database of its own; the memory adapter is made for this.
        raise InvalidInput(field="url", problem="names no file", allowed=_ALLOWED)
    return parsed.set(drivername=drivers[backend])
