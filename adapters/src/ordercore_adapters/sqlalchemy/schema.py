"""Bring a database to the shape this release needs, once, however many hosts start at a time."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from ordercore_adapters.sqlalchemy.engines import blocking_engine
from ordercore_adapters.sqlalchemy.faults import SchemaMismatch, StorageFault
from ordercore_adapters.sqlalchemy.tables import VERSION_TABLE
from ordercore_adapters.sqlalchemy.urls import is_sqlite

__all__ = ["HEAD", "KNOWN", "ensure", "migrate"]

KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every version this release can bring up to date, oldest first."""

HEAD = KNOWN[-1]

_LOCK = 0x6F72646572  # any number will do, as long as every host takes the same
_TIMEOUT_S = 60


def migrate(url: str) -> None:
    """Create the tables, or bring them up to date; does nothing when they are.

    Several hosts may do this at once: one works, the others wait and find it done. With PostgreSQL
    the role must be allowed to create tables, and owns them from then on.

    Raises:
        SchemaMismatch: the tables are newer than this release.
        StorageFault: the database cannot be reached, or the role may not do this.
    """
    engine = _engine(url)
    try:
        if _version(engine) != HEAD:
            with engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                _upgrade(connection)
    except sa.exc.DBAPIError as error:
        raise StorageFault(problem=str(error.orig).partition("\n")[0]) from None
    finally:
        engine.dispose()


def ensure(url: str, *, may_migrate: bool) -> None:
    """Make sure that the tables fit this release.

    Raises:
        SchemaMismatch: they do not and may not or cannot be changed; says what to do.
    """
    engine = _engine(url)
    try:
        found = _version(engine)
    except sa.exc.DBAPIError as error:
        raise StorageFault(problem=str(error.orig).partition("\n")[0]) from None
    finally:
        engine.dispose()
    if found == HEAD:
        return
    advice = "run ordercore_adapters.sqlalchemy.migrate(url) as the owner of the tables"
    if not may_migrate:
        raise SchemaMismatch(found=found or "none", needed=HEAD, advice=advice)
    try:
        migrate(url)
    except StorageFault as fault:
        raise SchemaMismatch(
            found=found or "none", needed=HEAD, advice=f"{advice} ({fault.problem})"
        ) from None


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and rarely needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "ordercore_adapters.sqlalchemy:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(engine: sa.Engine) -> str:
    """Return the version of the tables, empty when there are none.

    Raises:
        SchemaMismatch: it is one this release does not know.
    """
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return ""
        version = sa.select(sa.column("version_num", sa.Text())).select_from(
            sa.table(VERSION_TABLE)
        )
        found = str(connection.execute(version).scalar() or "")
    if found and found not in KNOWN:
        raise SchemaMismatch(
            found=found, needed=HEAD, advice="they are newer; install the release that wrote them"
        )
    return found


def _engine(url: str) -> sa.Engine:
    if not is_sqlite(url):
        return blocking_engine(url, poolclass=sa.NullPool)
    waiting = {"isolation_level": None, "timeout": _TIMEOUT_S}
    engine = blocking_engine(url, poolclass=sa.NullPool, connect_args=waiting)
    sa.event.listen(engine, "connect", _write_ahead)
    sa.event.listen(
        engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE")
    )
    return engine


def _write_ahead(driver: Any, _record: object) -> None:
    """Switch to write-ahead logging for good; this one lock the driver does not wait for."""
    for _ in range(1000):
        try:
            driver.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.01)
