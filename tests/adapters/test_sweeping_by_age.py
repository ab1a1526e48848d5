"""Old records are found by their age: whatever else a tenant has is not read to find them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ordercore.kernel.ids import TenantId
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT
from ordercore_adapters import sqlalchemy
from ordercore_adapters.sqlalchemy.dialect import SQLITE
from ordercore_adapters.sqlalchemy.statement import Statement
from ordercore_adapters.sqlalchemy.sweeper import _remove, _whose

TENANT, END = TenantId("tenant-a"), SQLITE.put(AT)
INDEXES = {
    "outbox": "outbox_published",
    "inbox": "inbox_taken",
    "idempotency": "idempotency_expiry",
}


def plan_of(statement: Statement, path: Path) -> list[str]:
    """Return how SQLite goes about a statement."""
    drive(sqlalchemy.close(sqlalchemy.ports(f"sqlite:///{path}")))
    connection = sqlite3.connect(path)
    try:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.values)
        return [str(step[3]) for step in steps]
    finally:
        connection.close()


@pytest.mark.parametrize("table", INDEXES)
def test_what_is_removed_is_found_by_the_index_of_ages(table: str, tmp_path: Path) -> None:
    """The write lock is held meanwhile; neither a look at every row nor sorting belongs there.

    Nor does going through the unsent events anew for each mark.
    """
    plan = plan_of(_remove(table, TENANT, END, 1000, SQLITE), tmp_path / "orders.db")
    assert any(f"SEARCH {table} USING COVERING INDEX {INDEXES[table]}" in step for step in plan)
    assert not any("PRIMARY KEY (tenant=?)" in step or "ORDER BY" in step for step in plan)
    assert not any("CORRELATED" in step for step in plan)


@pytest.mark.parametrize("tenant", [None, TENANT])
def test_whether_there_is_anything_is_found_so_too(tenant: TenantId | None, tmp_path: Path) -> None:
    """Every worker asks now and then."""
    plan = plan_of(_whose([END, END, END], tenant, SQLITE), tmp_path / "orders.db")
    assert sum(any(f"INDEX {index}" in step for index in INDEXES.values()) for step in plan) >= 3
    assert not any("PRIMARY KEY (tenant=?)" in step for step in plan)
