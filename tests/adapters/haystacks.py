"""Where a thief would look, and the shapes in which a secret could lie about there."""

from __future__ import annotations

import base64
import json
import os
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from ordercore_adapters.sqlalchemy.tables import TABLES
from tests.adapters.postgres_server import Database, Server

__all__ = ["BOTH", "Haystack", "Place", "asked", "forms", "found", "place_of"]


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
"""The kinds of database."""


@frozen
class Haystack:
    """Bytes that somebody could get hold of, and where they were."""

    where: str
    content: bytes


def forms(marker: bytes) -> dict[str, bytes]:
    """Return the shapes in which a marker could lie about."""
    text = marker.decode("latin-1")
    shapes = {
        "as it is": marker,
        "hex": marker.hex().encode(),
        "HEX": marker.hex().upper().encode(),
        "JSON": json.dumps(text)[1:-1].encode(),
        "JSON in JSON": json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
        "repr": repr(text)[1:-1].encode(),
        "URL": urllib.parse.quote(text, safe="").encode(),
        "UTF-16 little-endian": text.encode("utf-16-le"),
        "UTF-16 big-endian": text.encode("utf-16-be"),
    }
    for shift in range(3):
        # Only what does not depend on the bytes around it, at each place within a triple.
        for name, encode in (("", base64.b64encode), (", URL-safe", base64.urlsafe_b64encode)):
            whole = encode(bytes(shift) + marker + bytes(2))
            start = -(-shift * 8 // 6)
            shapes[f"base64 at {shift}{name}"] = whole[start : (shift + len(marker)) * 8 // 6]
    return shapes


def found(marker: bytes, haystacks: list[Haystack]) -> list[str]:
    """Return where a marker lies, and in which shape."""
    return [
        f"{haystack.where}: {shape}"
        for shape, needle in forms(marker).items()
        for haystack in haystacks
        if needle in haystack.content
    ]


@frozen
class Place:
    """Where the story takes place, and who can look behind it.

    Attributes:
        since: Name of the server's log segment at the start.
    """

    url: str
    worker_url: str | None
    database: Database | None
    folder: Path
    since: str = ""

    def haystacks(self) -> Iterator[Haystack]:
        """Return every row and every file, with those of the database server if it is ours."""
        yield from _files(self.folder)
        if self.database is None:
            return
        for table in TABLES:
            rows = asked(self.database, f"SELECT t::text FROM {table} AS t")
            yield Haystack(table, "\n".join(rows).encode())
        asked(self.database, "CHECKPOINT")
        (own,) = asked(self.database, "SHOW data_directory")
        (oid,) = asked(
            self.database, "SELECT oid FROM pg_database WHERE datname = current_database()"
        )
        for part, begin in ((f"base/{oid}", ""), ("pg_wal", self.since), ("log", "")):
            if os.access(Path(own) / part, os.R_OK):
                yield from _files(Path(own) / part, since=begin)


def asked(database: Database, statement: str) -> list[str]:
    """Return the first column of what a statement yields, as somebody who sees every row."""
    engine = sa.create_engine(database.admin, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.exec_driver_sql(statement)
        return [str(row[0]) for row in result] if result.returns_rows else []


def _files(folder: Path, *, since: str = "") -> Iterator[Haystack]:
    for path in folder.rglob("*"):
        if path.is_file() and path.name >= since:
            yield Haystack(str(path.relative_to(folder.parent)), path.read_bytes())


def place_of(request: pytest.FixtureRequest, folder: Path) -> Place:
    """Return an empty database of the kind that the fixture is parametrised with."""
    if request.param == "sqlite":
        return Place(f"sqlite:///{folder / 'orders.db'}", None, None, folder)
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()
    (since,) = asked(made, "SELECT pg_walfile_name(pg_current_wal_lsn())")
    return Place(made.app, made.worker, made, folder, since)
