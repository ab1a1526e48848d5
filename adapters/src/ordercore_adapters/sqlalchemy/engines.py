"""Engines, set up once per bundle: what every connection is told when it is made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from ordercore_adapters.sqlalchemy.links import (
    AsyncLinker,
    AsyncPostgres,
    AsyncSqlite,
    BlockingLinker,
    BlockingPostgres,
    BlockingSqlite,
    Linker,
)
from ordercore_adapters.sqlalchemy.urls import async_url, blocking_url

__all__ = ["async_linker", "blocking_linker"]

_SQLITE: dict[str, Any] = {
    # Transactions are begun by name, and busy locks are asked for again by the executor.
    "connect_args": {"isolation_level": None, "timeout": 0, "check_same_thread": False},
}
_POSTGRES: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
_RECOVERY_MS = 60_000
_BOTH: dict[str, Any] = {"hide_parameters": True, "pool_reset_on_return": None}


def blocking_linker(url: str) -> Linker:
    """Return connections for the blocking face."""
    made = blocking_url(url)
    if made.get_backend_name() == "sqlite":
        engine = sa.create_engine(made, **_SQLITE, **_BOTH)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        return BlockingLinker(engine, BlockingSqlite)
    engine = sa.create_engine(made, **_POSTGRES, **_BOTH)
    sa.event.listen(engine, "connect", _set_up_postgres)
    return BlockingLinker(engine, BlockingPostgres)


def async_linker(url: str) -> Linker:
    """Return connections for the async face."""
    made = async_url(url)
    if made.get_backend_name() == "sqlite":
        engine = create_async_engine(made, **_SQLITE, **_BOTH)
        sa.event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        return AsyncLinker(engine, AsyncSqlite)
    engine = create_async_engine(made, **_POSTGRES, **_BOTH)
    sa.event.listen(engine.sync_engine, "connect", _set_up_postgres)
    return AsyncLinker(engine, AsyncPostgres)


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
