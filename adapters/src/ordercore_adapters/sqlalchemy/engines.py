"""Engines, set up once per bundle: what every connection is told when it is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ordercore_adapters.sqlalchemy.links import (
    AsyncLinker,
    AsyncPostgres,
    AsyncSqlite,
    BlockingLinker,
    BlockingPostgres,
    BlockingSqlite,
    Linker,
)
from ordercore_adapters.sqlalchemy.urls import async_url, blocking_url, is_sqlite

__all__ = ["async_linker", "blocking_engine", "blocking_linker"]

_SQLITE: dict[str, Any] = {
    # Transactions are begun by name, and busy locks are asked for again by the executor.
    "connect_args": {"isolation_level": None, "timeout": 0, "check_same_thread": False},
    "pool_reset_on_return": None,
}
_POSTGRES: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
_RECOVERY_MS = 60_000


def blocking_engine(url: str, **options: Any) -> sa.Engine:
    """Return an engine that shows no values in faults and logs.

    Raises:
        InvalidInput: an address that is none.
        ImportError: the driver is not installed; names the extra that brings it.
    """
    made = blocking_url(url)
    with _extra("postgres"):
        return sa.create_engine(made, hide_parameters=True, **options)


def blocking_linker(url: str) -> Linker:
    """Return connections for the blocking face."""
    if is_sqlite(url):
        engine = blocking_engine(url, **_SQLITE)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        return BlockingLinker(engine, BlockingSqlite)
    engine = blocking_engine(url, **_POSTGRES)
    sa.event.listen(engine, "connect", _set_up_postgres)
    return BlockingLinker(engine, BlockingPostgres)


def async_linker(url: str) -> Linker:
    """Return connections for the async face."""
    made, sqlite = async_url(url), is_sqlite(url)
    with _extra("async-sqlite" if sqlite else "postgres"):
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - needs an extra

        options = _SQLITE if sqlite else _POSTGRES
        engine = create_async_engine(made, hide_parameters=True, **options)
    if sqlite:
        sa.event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        return AsyncLinker(engine, AsyncSqlite)
    sa.event.listen(engine.sync_engine, "connect", _set_up_postgres)
    return AsyncLinker(engine, AsyncPostgres)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as missing:
        advice = f"pip install 'ordercore-adapters[{name}]'"
        raise ImportError(f"this database needs a driver: {advice}", name=missing.name) from None


def _set_up_sqlite(driver: Any, _record: object) -> None:
    """An intent must outlive a power cut: the log is flushed with each commit.

    This first look at the file has to wait while another process recovers it after a crash.
    """
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_RECOVERY_MS}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA busy_timeout = 0")
    cursor.close()


def _set_up_postgres(driver: Any, _record: object) -> None:
    """Prepare statements early; there are a few hundred shapes of batches."""
    native = getattr(driver, "driver_connection", driver)
    native.prepare_threshold = 2
    native.prepared_max = 400
