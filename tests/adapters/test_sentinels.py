"""Secrets planted in every hand are found nowhere: no row, file, message, log or answer."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen

from ordercore_adapters.crypto import KEYS_VARIABLE
from ordercore_adapters.sqlalchemy.tables import TABLES
from tests.adapters.postgres_server import Database, Server

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[2]


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
            rows = _asked(self.database, f"SELECT t::text FROM {table} AS t")
            yield Haystack(table, "\n".join(rows).encode())
        _asked(self.database, "CHECKPOINT")
        (own,) = _asked(self.database, "SHOW data_directory")
        (oid,) = _asked(
            self.database, "SELECT oid FROM pg_database WHERE datname = current_database()"
        )
        for part, begin in ((f"base/{oid}", ""), ("pg_wal", self.since), ("log", "")):
            if os.access(Path(own) / part, os.R_OK):
                yield from _files(Path(own) / part, since=begin)


def _asked(database: Database, statement: str) -> list[str]:
    engine = sa.create_engine(database.admin, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        result = connection.exec_driver_sql(statement)
        return [str(row[0]) for row in result] if result.returns_rows else []


def _files(folder: Path, *, since: str = "") -> Iterator[Haystack]:
    for path in folder.rglob("*"):
        if path.is_file() and path.name >= since:
            yield Haystack(str(path.relative_to(folder.parent)), path.read_bytes())


@frozen(kw_only=True)
class Told:
    """What is left of a story.

    Attributes:
        secrets: What must not be found, by what it is.
        reference: What must be found.
        haystacks: Everything that somebody could get hold of.
    """

    secrets: dict[str, bytes]
    reference: bytes
    haystacks: list[Haystack]


def _told(place: Place, *, leaky: bool = False) -> Told:
    key = secrets.token_bytes(32)
    unique = secrets.token_hex
    hidden = {
        "password": f"pä$$-\"{unique(12)}'\\word",
        "private_key": f"-----BEGIN KEY-----\n{unique(24)}\n{unique(24)}\n-----END KEY-----\n",
        "connection_string": f"postgresql://app:{unique(12)}@db.example:5432/app?a=1&b=2",
        "card": "4" + "".join(str(secrets.randbelow(10)) for _ in range(15)),
        "trouble": f"cannot reach cloud with token {unique(16)}",
    }
    reference = f"visible-{unique(12)}"
    telling = {
        **hidden,
        "url": place.url,
        "worker_url": place.worker_url,
        "folder": str(place.folder),
        "reference": reference,
        "leaky": leaky,
    }
    keys = f"sentinel:{base64.b64encode(key).decode()}"
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "tests.adapters.sentinel_story"],
        input=json.dumps(telling).encode(),
        capture_output=True,
        cwd=_ROOT,
        env={**os.environ, KEYS_VARIABLE: keys},
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-4000:]
    said = [Haystack("standard output", ran.stdout), Haystack("standard error", ran.stderr)]
    hidden["connection_password"] = hidden["connection_string"].split(":")[2].partition("@")[0]
    hidden["half_of_the_private_key"] = hidden["private_key"].split("\n")[1]
    return Told(
        secrets={name: text.encode() for name, text in hidden.items()} | {"data_key": key},
        reference=reference.encode(),
        haystacks=[*said, *place.haystacks()],
    )


_BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def _place(request: pytest.FixtureRequest, folder: Path) -> Place:
    if request.param == "sqlite":
        return Place(f"sqlite:///{folder / 'orders.db'}", None, None, folder)
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()
    (since,) = _asked(made, "SELECT pg_walfile_name(pg_current_wal_lsn())")
    return Place(made.app, made.worker, made, folder, since)


@pytest.fixture(scope="module", params=_BOTH)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return what is left of a story on each database."""
    return _told(_place(request, tmp_path_factory.mktemp("sentinels")))


@pytest.fixture(params=_BOTH)
def leaky(request: pytest.FixtureRequest, tmp_path: Path) -> Told:
    """Return what is left of a story in which nothing was sealed."""
    return _told(_place(request, tmp_path), leaky=True)


def test_no_secret_is_found_anywhere(told: Told) -> None:
    """In no shape, in whatever a thief of databases, backups, mail folders or logs would have."""
    hits = {name: found(secret, told.haystacks) for name, secret in told.secrets.items()}
    assert hits == {name: [] for name in told.secrets}


def test_what_is_no_secret_is_found_by_the_same_search(told: Told) -> None:
    """An order's reference is stored, published and told: so the search does look."""
    places = found(told.reference, told.haystacks)
    for where in ("standard output", "events", ".eml", "deliveries", "orders"):
        assert any(where in place for place in places), (where, places)


def test_a_sealer_that_seals_nothing_is_found_out(leaky: Told) -> None:
    """Credentials stored as they are would be seen: in the database's files, and nowhere else."""
    places = found(leaky.secrets["connection_password"], leaky.haystacks)
    assert places
    assert not [place for place in places if "standard" in place or ".eml" in place]


@pytest.mark.parametrize("shape", forms(b"m"))
def test_every_shape_is_recognised(shape: str) -> None:
    """A marker in any shape, in the middle of other bytes."""
    marker = "pä$$ \"wo'rd\\\n".encode()
    content = b"before" + forms(marker)[shape] + b"behind"
    assert any(shape in hit for hit in found(marker, [Haystack("here", content)]))


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("behind", range(4))
def test_base64_is_recognised_wherever_the_marker_lies_in_it(before: int, behind: int) -> None:
    """Encoding moves bits between characters; every place within a triple has its own shape."""
    marker = secrets.token_bytes(12)
    encoded = base64.b64encode(secrets.token_bytes(before) + marker + secrets.token_bytes(behind))
    assert found(marker, [Haystack("here", encoded)])
