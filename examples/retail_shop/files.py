"""The shop's own file: purchases, addresses, mail. Orders and accounts are in a database of theirs.

A connection is made for each transaction, which is cheap with SQLite and safe in every thread.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

__all__ = ["ShopFile", "kept_secret"]

_BUSY_S = 30
_SECRET_BYTES = 32
_SHORTEST_SECRET = 32
_SCHEMA = """
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
CREATE INDEX IF NOT EXISTS request_keys_age ON request_keys (begun_at);
CREATE TABLE IF NOT EXISTS addresses (
    customer TEXT NOT NULL,
    entry TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (customer, entry)
);
CREATE TABLE IF NOT EXISTS letters (
    key TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    about TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at TEXT NOT NULL
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
    """Return the secret in a file that nobody else may read; drawn when there is none yet.

    Raises:
        ValueError: the file holds something else, such as nothing after a full disk; whoever knows
            what it holds could sign what we sign.
    """
    if not path.exists():
        _draw_secret(path)
    kept = path.read_text("ascii")
    if len(kept) < _SHORTEST_SECRET:
        raise ValueError(f"{path} holds no secret; without the file a new one is drawn")
    return kept


def _draw_secret(path: Path) -> None:
    """Put a new secret there, all of it at once; of several processes the first one's counts."""
    whole = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(_SECRET_BYTES))
    try:
        with suppress(FileExistsError):
            os.link(whole, path)
    finally:
        whole.unlink()
