"""`ordercore sweep`, and the worker that does the same when nothing is due."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.command import order, ordercore, write_lines
from tests.adapters.postgres_server import Database

_LAW = "outbox_is_the_trail"
_OLD = "2020-01-01T00:00:00.000000Z"
_AGED = (
    f"UPDATE outbox SET published_at = '{_OLD}'",
    f"UPDATE audit_records SET at = '{_OLD}'",
    f"INSERT INTO inbox VALUES ('north', 'billing', 'message-1', '{_OLD}')",
    "INSERT INTO idempotency (tenant, operation, key, fingerprint, response, expires_at) "
    f"VALUES ('south', 'place_order', 'key-1', 'print', '{{}}', '{_OLD}')",
)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a database with two tenants' orders, whose records are old."""
    path = tmp_path / "orders.sqlite3"
    file = write_lines(tmp_path / "orders.jsonl", [order("A"), order("B", tenant="south")])
    assert ordercore("run", file, "--db", path).code == 0
    _run(path, *_AGED)
    return path


def _run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _events(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM outbox").fetchone()[0])


def test_a_sweep_removes_what_is_old_of_every_tenant(db: Path) -> None:
    """All of it in one go; a second one finds nothing; the audit misses nothing."""
    events = _events(db)
    assert ordercore("sweep", "--db", db, "--json").value == {
        "events": events,
        "marks": 1,
        "answers": 1,
    }
    assert _events(db) == 0
    again = ordercore("sweep", "--db", db)
    assert (again.code, again.out) == (0, "removed 0 events, 0 marks and 0 answers\n")


def test_a_sweep_of_one_tenant_leaves_the_others_alone(db: Path) -> None:
    """By its name; of one that is unknown nothing is removed."""
    events = _events(db)
    nobody = ordercore("sweep", "--db", db, "--tenant", "west", "--json").value
    assert nobody == {"events": 0, "marks": 0, "answers": 0}
    north = ordercore("sweep", "--db", db, "-t", "north", "--json").value
    assert (0 < north["events"] < events, north["marks"], north["answers"]) == (True, 1, 0)
    assert _events(db) == events - north["events"]


def test_what_is_young_or_was_never_sent_stays(db: Path) -> None:
    """Whatever is asked for."""
    events = _events(db)
    _run(db, "UPDATE outbox SET published_at = NULL WHERE tenant = 'north'")
    _run(db, "UPDATE outbox SET published_at = '2999-01-01T00:00:00.000000Z' WHERE tenant='south'")
    kept = ordercore("sweep", "--db", db, "--keep-events", 7, "--keep-marks", 30, "--json")
    assert kept.value == {"events": 0, "marks": 1, "answers": 1}
    assert _events(db) == events


@pytest.mark.parametrize("option", ["--keep-events", "--keep-marks"])
@pytest.mark.parametrize(("days", "end"), [(6, 7), (31, 30)])
def test_a_period_outside_a_week_to_a_month_is_wrong_use(
    db: Path, option: str, days: int, end: int
) -> None:
    """With the end that was passed, and before anything is removed."""
    events = _events(db)
    ended = ordercore("sweep", "--db", db, option, days)
    assert ended.code == 2
    assert option in ended.err
    assert f"equal to {end}" in ended.err
    assert _events(db) == events


def test_a_worker_that_serves_sweeps_when_nothing_is_due(db: Path) -> None:
    """One that only works off what is due does not."""
    events = _events(db)
    assert ordercore("worker", "--until-idle", "--db", db, "--json").value["swept"] == 0
    assert _events(db) == events
    served = ordercore("worker", "--for", "1", "--db", db, "--json").value
    assert (served["swept"], served["failed"]) == (events + 2, {})
    assert _events(db) == 0
    assert "old records" not in ordercore("worker", "--for", "0.1", "--db", db).out


def test_an_audit_forgives_missing_events_only_when_they_may_have_been_swept(db: Path) -> None:
    """The oldest ones, and a week old; a hole, or a young one, is a loss."""
    _run(db, "DELETE FROM outbox WHERE seq < 4")
    assert _LAW not in _broken(db)
    _run(db, "DELETE FROM outbox WHERE seq = 5")
    assert _LAW in _broken(db)
    _run(db, "DELETE FROM outbox")
    assert _LAW not in _broken(db)
    _run(db, "UPDATE audit_records SET at = '2999-01-01T00:00:00.000000Z'")
    assert _LAW in _broken(db)


def _broken(path: Path) -> set[str]:
    said = ordercore("audit", "--db", path, "--json").value
    return {violation["law"] for violation in said["violations"]}


@pytest.mark.postgres
def test_a_sweep_on_postgres_needs_the_login_of_the_workers(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain login may sweep its own tenant; which others there are is none of its business."""
    file = write_lines(tmp_path / "orders.jsonl", [order("A"), order("B", tenant="south")])
    where = ("--db", postgres.app, "--providers", tmp_path / "providers", "--json")
    monkeypatch.setenv("ORDERCORE_WORKER_DB", postgres.worker)
    assert ordercore("run", file, *where).code == 0
    postgres.run("UPDATE outbox SET published_at = '2020-01-01'")
    monkeypatch.delenv("ORDERCORE_WORKER_DB")
    alone = ordercore("sweep", *where)
    assert (alone.code, alone.fault["code"]) == (3, "not_configured")
    north = ordercore("sweep", "-t", "north", *where).value["events"]
    monkeypatch.setenv("ORDERCORE_WORKER_DB", postgres.worker)
    south = ordercore("sweep", *where).value["events"]
    assert north == south > 0
