"""The books of a simulated provider: one SQLite file of its own, apart from the orders' database.

Every effect and the note of the call that caused it are written in one transaction, flushed to disk
before the call is answered. So a process may be killed at any instant, and several may share the
file: an effect is there once or not at all. Anybody may read the file beside the provider, and
compare what really happened with what the orders say.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock

from ordercore.kernel.time import format_instant

__all__ = ["Books", "note_call", "number_of_call"]

_CALLS = """
CREATE TABLE IF NOT EXISTS calls (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, key, attempt)
) WITHOUT ROWID;
"""
_BUSY_S = 60
_INHERITED: list[sqlite3.Connection] = []
_OPENING_TRIES = 500
_OPENING_WAIT_S = 0.02


class Books:
    """A file of tables; safe in several threads and processes, forked ones included."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open ``path``, made when missing, with the tables of ``schema`` and the calls."""
        self._path = path
        self._schema = schema
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._open()

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write what the block writes, all of it or nothing; nobody else writes meanwhile."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with self._lock:
            return self._open().execute(query, parameters).fetchall()

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
                self._connection = None

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None:
            self.close()

    def __repr__(self) -> str:
        return f"Books({self._path.name!r})"

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._owner != os.getpid():
            # A connection must not be used across a fork, and not even closed there.
            _INHERITED.append(self._connection)
            self._connection = None
        if self._connection is None:
            self._connection = _connect(self._path, self._schema)
            self._owner = os.getpid()
        return self._connection


def number_of_call(db: sqlite3.Connection, tenant: str, kind: str, key: str) -> int:
    """Return the number of the call that is being made: 1 for the first of this kind and key."""
    row = db.execute(
        "SELECT max(attempt) FROM calls WHERE tenant = ? AND kind = ? AND key = ?",
        (tenant, kind, key),
    ).fetchone()
    return 1 + (row[0] or 0)


def note_call(
    db: sqlite3.Connection,
    tenant: str,
    kind: str,
    key: str,
    attempt: int,
    *,
    at: datetime,
    answer: str,
) -> None:
    """Write down that a call was made and how it ended."""
    db.execute(
        "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?)",
        (tenant, kind, key, attempt, format_instant(at), answer),
    )


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, schema: str) -> None:
    for remaining in reversed(range(_OPENING_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself while another process switches a new file to WAL.
            if not remaining or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_OPENING_WAIT_S)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in (_CALLS + schema).split(";"):
        connection.execute(statement)
    connection.execute("COMMIT")
