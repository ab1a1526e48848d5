"""The books of a provider: all or nothing, opened when needed, shared by threads."""

from __future__ import annotations

import gc
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ordercore_adapters.simulated import Books

SCHEMA = "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY)"


def mark(books: Books, name: str) -> None:
    """Write one mark."""
    with books.transaction() as db:
        db.execute("INSERT INTO marks VALUES (?)", (name,))


def marks(books: Books) -> list[object]:
    """Read all marks."""
    return [row[0] for row in books.rows("SELECT name FROM marks ORDER BY name")]


def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    """And the books can be used afterwards."""
    books = Books(tmp_path / "b.sqlite3", SCHEMA)

    def stumble() -> None:
        with books.transaction() as db:
            db.execute("INSERT INTO marks VALUES ('a')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stumble()
    mark(books, "b")
    assert marks(books) == ["b"]


def test_closed_books_open_again_when_needed(tmp_path: Path) -> None:
    """Closing twice is no error; letting go of the object closes as well."""
    books = Books(tmp_path / "b.sqlite3", SCHEMA)
    mark(books, "a")
    books.close()
    books.close()
    assert marks(books) == ["a"]
    assert (tmp_path / "b.sqlite3-wal").exists()
    del books
    gc.collect()
    assert not (tmp_path / "b.sqlite3-wal").exists()


def test_what_is_written_is_flushed_to_disk(tmp_path: Path) -> None:
    """WAL with full synchronisation, so that an answer outlives a power cut."""
    books = Books(tmp_path / "b.sqlite3", SCHEMA)
    assert books.rows("PRAGMA journal_mode") == [("wal",)]
    assert books.rows("PRAGMA synchronous") == [(2,)]


def test_threads_share_the_books(tmp_path: Path) -> None:
    """Eight of them, and nothing is lost."""
    books = Books(tmp_path / "b.sqlite3", SCHEMA)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: mark(books, f"{number:03d}"), range(200)))
    assert marks(books) == [f"{number:03d}" for number in range(200)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Before anything is written to it."""
    path = tmp_path / "b.sqlite3"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
    with pytest.raises(sqlite3.DatabaseError):
        Books(path, SCHEMA)


def test_repr_names_the_file_only(tmp_path: Path) -> None:
    """Not the folder it is in, nor what it holds."""
    assert repr(Books(tmp_path / "b.sqlite3", SCHEMA)) == "Books('b.sqlite3')"
