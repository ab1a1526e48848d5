"""The shop's own file: users, purchases, mail. Orders are in a database of their own.

A connection is made for each transaction, which is cheap with SQLite and safe in every thread.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

__all__ = ["ShopFile", "kept_secret"]

_BUSY_S = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS purchases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS request_keys (
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    number INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    running INTEGER NOT NULL,
    answer TEXT,
    PRIMARY KEY (user, key)
);
CREATE TABLE IF NOT EXISTS mails (
    key TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    times INTEGER NOT NULL
);
"""


class ShopFile:
    """A file of tables."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, made when missing."""
        self._path = path
        with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write what the block writes, all of it or nothing; nobody else writes meanwhile."""
        with closing(
            sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def kept_secret(path: Path) -> str:
    """Return the secret in a file that nobody else may read; drawn when there is none yet."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text("ascii")
