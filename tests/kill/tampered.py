"""One thing that somebody changes in a book when everything has come to rest."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from attrs import frozen

from tests.kill.campaign import books_of, died, on_sqlite, start
from tests.kill.shift import Story
from tests.kill.verify import Books

__all__ = ["Tampered", "settled_books", "tampered_books"]


@frozen
class Tampered:
    """A statement, the book it is carried out in, and what is said about it.

    Attributes:
        where: ``orders``, or the file of a provider.
        sql: What changes the book, past the checks of its tables.
        words: They are in the objection.
    """

    where: str
    sql: str
    words: str


def settled_books(base: Path, story: Story) -> Books:
    """Return the books of a campaign that nobody disturbed."""
    campaign = on_sqlite(base, 0, story=story)
    assert not died(start(campaign, None))
    return books_of(campaign)


def tampered_books(settled: Path, base: Path, change: Tampered) -> Books:
    """Return a copy of settled books in which one thing was changed."""
    shutil.copytree(settled, base)
    world = base / "campaign-0" / "world"
    file = base / "0.db" if change.where == "orders" else world / f"{change.where}.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(change.sql).rowcount > 0
        connection.commit()
    return Books(url=f"sqlite:///{base / '0.db'}", world=world)
