"""Ids that follow from a seed, so that the same seed tells the same story.

Keys of outside calls are derived from ids, and fates from keys; with ids from chance no run could
be repeated. How far the numbers have been used up is kept in a file, so that a later run over the
same orders, or another process, never gives out an id twice.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from threading import Lock

from ordercore_adapters.simulated.books import Books

__all__ = ["SeededIds"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reserved (seed TEXT PRIMARY KEY, up_to INTEGER NOT NULL) WITHOUT ROWID
"""
_BLOCK = 1000


class SeededIds:
    """Gives ids that sort by age within one process, and draws for jitter, both from a seed."""

    def __init__(self, path: Path, *, seed: int) -> None:
        """Count in ``path``, made when missing; numbers are reserved a thousand at a time."""
        self.books = Books(path, _SCHEMA)
        self._seed = seed
        self._lock = Lock()
        self._next = 0
        self._end = 0
        self._draws = 0

    def new(self) -> str:
        """Return the next id."""
        with self._lock:
            if self._next == self._end:
                self._end = self._reserve()
                self._next = self._end - _BLOCK
            self._next += 1
            return f"s{self._seed}-{self._next:012d}"

    def draw(self) -> int:
        """Return the next number from 0 to 999."""
        with self._lock:
            self._draws += 1
            drawn = sha256(f"{self._seed}/draw/{self._draws}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") % 1000

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()

    def _reserve(self) -> int:
        with self.books.transaction() as db:
            row = db.execute(
                "INSERT INTO reserved VALUES (?, ?) "
                "ON CONFLICT (seed) DO UPDATE SET up_to = up_to + excluded.up_to RETURNING up_to",
                (str(self._seed), _BLOCK),
            ).fetchone()
        return int(row[0])
