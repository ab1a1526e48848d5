from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.command import GPU, VPS, order, ordercore, write_lines
from tests.adapters.postgres_server import Database

pytestmark = pytest.mark.postgres


def test_a_file_goes_through_a_database_server_as_the_plain_roles(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file, the same report, on PostgreSQL with row-level security."""
    monkeypatch.setenv("ORDERCORE_WORKER_DB", postgres.worker)
    lines = [
        order("A"),
        order("A"),
        order("B", tenant="south", items=[{"type": "gpu", "config": GPU}] * 2),
        order("C", items=[{"type": "vps", "config": {**VPS, "region": "moon"}}]),
        "[]",
    ]
    file = write_lines(tmp_path / "orders.jsonl", lines)
    where = ("--db", postgres.app, "--providers", tmp_path / "providers", "--json")

    first = ordercore("run", file, *where)
    second = ordercore("run", file, *where)

    names = ("lines", "submitted", "repeated", "refused", "fulfilled", "running")
    assert first.code == 0, first.err
    assert [first.value[name] for name in names] == [5, 3, 1, 1, 2, 0]
    assert [second.value[name] for name in names] == [5, 1, 3, 1, 0, 0]
    listed = ordercore("orders", "list", "-t", "south", *where).value["orders"]
    assert [each["reference"] for each in listed] == ["B"]
    assert ordercore("orders", "show", "A", "-t", "north", *where).value["state"] == "fulfilled"
    assert ordercore("audit", "verify", "-t", "north", *where).code == 0
    assert ordercore("orders", "cancel", "A", "-t", "north", "--reason", "x", *where).code == 1
