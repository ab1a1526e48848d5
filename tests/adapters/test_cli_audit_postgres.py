"""`ordercore audit` on a database server with row-level security."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.command import order, ordercore, write_lines
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres


def test_an_audit_sees_what_its_login_may_see_and_finds_what_was_changed(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain login has to name its tenant; the administrator's audits every tenant."""
    monkeypatch.setenv("ORDERCORE_WORKER_DB", postgres.worker)
    file = write_lines(tmp_path / "orders.jsonl", [order("A"), order("B", tenant="south")])
    where = ("--db", postgres.app, "--providers", tmp_path / "providers", "--json")
    assert ordercore("run", file, *where).code == 0
    audit = ("audit", "--json", "--db")
    north = ordercore(*audit, postgres.app, "--tenant", "north")
    assert (north.code, north.value["orders"], north.value["violations"]) == (0, 1, [])
    assert set(north.value["laws"].values()) == {1}
    assert ordercore(*audit, postgres.app).code == 2
    assert ordercore(*audit, postgres.admin).value["orders"] == 2
    postgres.run("UPDATE audit_records SET reason = 'x' WHERE seq = 2 AND tenant = 'north'")
    assert ordercore(*audit, postgres.app, "--tenant", "north").code == 1
    assert ordercore(*audit, postgres.app, "--tenant", "south").code == 0
