"""Storing an order: this library's commit beside what a host would write by hand.

Ours writes more: the document with its search columns, an audit record, an outgoing event and the
queue row that has it published, guarded by keys and versions, and on PostgreSQL behind row-level
security as a plain role. Its work includes making the batch's values.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ordercore.testing.contracts import drive
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database
from tests.bench.measure import Goals, compare, told
from tests.bench.storage_clients import client, fifty_times, ours_on
from tests.bench.storage_peers import TABLES, core, psycopg_statement, raw_sqlite

_HOSTS = 4
_CROWD_ROUNDS = 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "0.2")) * 10


def _core_on_sqlite(path: Path) -> Callable[[], None]:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    sa.event.listen(engine, "connect", _full)
    sa.event.listen(engine, "begin", lambda link: link.exec_driver_sql("BEGIN IMMEDIATE"))
    TABLES[0].metadata.create_all(engine)
    return core(engine, "core")


def _full(driver: Any, _record: object) -> None:
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = FULL")


def test_sqlite_one_client(tmp_path: Path) -> None:
    """One order per transaction, and fifty; every variant flushes with each commit."""
    write_core = _core_on_sqlite(tmp_path / "core.db")
    TABLES[0].metadata.create_all(sa.create_engine(f"sqlite:///{tmp_path / 'raw.db'}"))
    ours = sqlalchemy.ports(f"sqlite:///{tmp_path / 'ours.db'}")
    raw = str(tmp_path / "raw.db")
    compare(
        "store an order in SQLite, synchronous = FULL (SQLAlchemy Core = 1)",
        {
            "SQLAlchemy Core": write_core,
            "sqlite3 (the limit)": raw_sqlite(raw, "one"),
            "ordercore": ours_on(ours, "one"),
        },
        goals={
            "sqlite-one-peer": ("ordercore", "SQLAlchemy Core"),
            "sqlite-one-limit": ("ordercore", "sqlite3 (the limit)"),
        },
    )
    compare(
        "fifty orders in one transaction, per order (ordercore, one each = 1)",
        {
            "ordercore, one each": fifty_times(ours_on(ours, "each")),
            "ordercore, fifty together": ours_on(ours, "fifty", 50),
            "sqlite3, fifty together (the limit)": raw_sqlite(raw, "fifty", per_commit=50),
        },
        per_call=50,
        goals={
            "sqlite-fifty-own": ("ordercore, fifty together", "ordercore, one each"),
            "sqlite-fifty-limit": (
                "ordercore, fifty together",
                "sqlite3, fifty together (the limit)",
            ),
        },
    )


@pytest.mark.postgres
def test_postgres_one_client(postgres: Database) -> None:
    """One order per transaction; the peers write as the owner of tables without walls."""
    import psycopg

    engine = sa.create_engine(postgres.owner)
    TABLES[0].metadata.create_all(engine)
    plain = sa.make_url(postgres.owner).set(drivername="postgresql")
    limit = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
    limit.prepare_threshold = 1
    ours = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    compare(
        "store an order in PostgreSQL (SQLAlchemy Core = 1)",
        {
            "SQLAlchemy Core": core(engine, "core"),
            "psycopg, one statement (the limit)": psycopg_statement(limit, "limit"),
            "ordercore": ours_on(ours, "one"),
        },
        goals={
            "postgres-one-peer": ("ordercore", "SQLAlchemy Core"),
            "postgres-one-limit": ("ordercore", "psycopg, one statement (the limit)"),
        },
    )
    compare(
        "fifty orders in one transaction, per order (ordercore, one each = 1)",
        {
            "ordercore, one each": fifty_times(ours_on(ours, "each")),
            "ordercore, fifty together": ours_on(ours, "fifty", 50),
        },
        per_call=50,
        goals={"postgres-fifty-own": ("ordercore, fifty together", "ordercore, one each")},
    )
    drive(sqlalchemy.close(ours))
    limit.close()
    engine.dispose()


def _crowd(make: str, where: str, number: int) -> tuple[float, float]:
    """Return seconds per order of all together, and the 95th percentile of the worst of them."""
    spawn = multiprocessing.get_context("spawn")
    ready, said = spawn.Barrier(_HOSTS), spawn.Queue()
    hosts = [
        spawn.Process(target=client, args=(make, where, f"{number}-{n}", SECONDS, ready, said))
        for n in range(_HOSTS)
    ]
    for host in hosts:
        host.start()
    times = [said.get(timeout=120) for _ in hosts]
    for host in hosts:
        host.join()
    assert [each for each in times if isinstance(each, str)] == []
    rate = sum(len(each) for each in times) / SECONDS
    return 1 / rate, max(sorted(each)[int(len(each) * 0.95)] for each in times)


def _crowds(title: str, places: dict[str, str], *, goals: Goals, tail_goals: Goals) -> None:
    """Let four processes of each kind take turns; what they do and where, by the kind's name."""
    rates: dict[str, list[float]] = {make: [] for make in places}
    tails: dict[str, list[float]] = {make: [] for make in places}
    for number in range(_CROWD_ROUNDS):
        for make, where in places.items():
            rate, tail = _crowd(make, where, number)
            rates[make].append(rate)
            tails[make].append(tail)
    told(title, rates, goals)
    told(f"{title}: 95th percentile", tails, tail_goals)


def test_sqlite_four_processes(tmp_path: Path) -> None:
    """Four writers over one file; the p95 is that of the worst of them."""
    raw, ours = str(tmp_path / "raw.db"), f"sqlite:///{tmp_path / 'ours.db'}"
    TABLES[0].metadata.create_all(sa.create_engine(f"sqlite:///{raw}"))
    sqlalchemy.migrate(ours)
    _crowds(
        "four processes store orders in one SQLite file, synchronous = FULL (sqlite3 = 1)",
        {"raw": raw, "ordercore": ours},
        goals={"sqlite-four-rate": ("ordercore", "raw")},
        tail_goals={"sqlite-four-tail": ("ordercore", "raw")},
    )


@pytest.mark.postgres
def test_postgres_four_processes(postgres: Database) -> None:
    """Four writers over one database."""
    TABLES[0].metadata.create_all(sa.create_engine(postgres.owner, poolclass=sa.NullPool))
    _crowds(
        "four processes store orders in one PostgreSQL database (SQLAlchemy Core = 1)",
        {"core": postgres.owner, "ordercore": postgres.app},
        goals={"postgres-four-peer": ("ordercore", "core")},
        tail_goals={},
    )
