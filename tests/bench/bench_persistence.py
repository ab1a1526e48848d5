"""Creating an order on real databases: this library, and the very same statements sent raw.

One order of three items: its row, one audit record, one outbox event, one work row, one
transaction. The raw variants get the statements and values ready made, so what is compared is
everything the adapter adds: connections, tenant, conflict checks, errors. The last variant is the
whole use case.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from attrs import frozen

from ordercore import Caller, ItemRequest, OrderCore, OrderRequest, PlaceOrder, Ports
from ordercore.app._drive import drive
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.domain.processes import open_turn, place
from ordercore.engine.audit import GENESIS
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import parse_instant
from ordercore.ports import Batch
from ordercore_adapters import sqlalchemy as sql
from ordercore_adapters.sqlalchemy.dialect import POSTGRES, SQLITE, Dialect
from ordercore_adapters.sqlalchemy.writes import batch_statements
from tests.adapters.postgres_server import Database
from tests.bench.measure import compare_prepared

TENANT = TenantId("tenant-a")
CALLER = Caller.of(TENANT, "ada")
AT = parse_instant("2026-03-02T08:00:00Z")
ORDERS = 150
CONFIG = {"region": "lj-1", "plan": "core", "os_image": "debian-12"}
numbers = count(1)

Statements = list[tuple[str, tuple[Any, ...]]]


def _request() -> OrderRequest:
    return OrderRequest(
        reference=f"R-{next(numbers)}",
        customer="someone",
        currency="EUR",
        billing_cycle="monthly",
        items=(ItemRequest(type="vps", config=CONFIG),) * 3,
    )


def _batches(ports: Ports, amount: int) -> list[Batch]:
    made = []
    for _ in range(amount):
        request = _request()
        created = place(
            request, tenant=TENANT, order_id=OrderId(ports.ids.new()), rules=ports.provisioning
        )
        assert not isinstance(created, Refusal)
        turn = open_turn(ports.provisioning, None, at=AT, actor=CALLER.actor)
        turn.record(created)
        extras = Extras(salt="salt")
        made.append(
            turn_to_batch(turn, chain=GENESIS, fingerprint=request.reference, extras=extras)
        )
    return made


@frozen
class _Piece:
    """One order, in every form a variant wants it."""

    batch: Batch
    statements: Statements
    request: OrderRequest


def _compare(
    title: str, ports: Ports, dialect: Dialect, raw: dict[str, Callable[[Statements], None]]
) -> None:
    host = OrderCore(ports)

    def pieces(amount: int) -> list[_Piece]:
        return [
            _Piece(batch, _statements(batch, dialect), _request())
            for batch in _batches(ports, amount)
        ]

    def sent(run: Callable[[Statements], None]) -> Callable[[_Piece], object]:
        return lambda piece: run(piece.statements)

    variants: dict[str, Callable[[_Piece], object]] = {
        **{name: sent(run) for name, run in raw.items()},
        "ordercore store.commit": lambda piece: drive(ports.store.commit(piece.batch)),
        "ordercore PlaceOrder: check, price, record, commit": lambda piece: host.handle(
            PlaceOrder(caller=CALLER, request=piece.request)
        ),
    }
    compare_prepared(title, variants, prepare=pieces, pieces=ORDERS)
    drive(sql.close(ports))


def _statements(batch: Batch, dialect: Dialect) -> Statements:
    return [(s.sql, s.values) for s in batch_statements(batch, now=AT, dialect=dialect)]


def test_sqlite(tmp_path: Path) -> None:
    """SQLite, WAL, synchronous=FULL on both sides."""
    path = tmp_path / "orders.db"
    ports = sql.ports(f"sqlite:///{path}")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")

    def raw(statements: Statements) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for text, values in statements:
            connection.execute(text, values)
        connection.execute("COMMIT")

    _compare(
        "create an order on SQLite, FULL (raw sqlite3 = 1)",
        ports,
        SQLITE,
        {"raw sqlite3, the same statements": raw},
    )
    connection.close()


def test_postgres(postgres: Database) -> None:
    """PostgreSQL over a Unix socket, as a plain role under row-level security."""
    ports = sql.ports(postgres.app, migrate=False, worker_url=postgres.worker)
    url = sa.make_url(postgres.app).set(drivername="postgresql")
    connection = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def plain(statements: Statements) -> None:
        with connection.transaction():
            connection.execute("SELECT set_config('ordercore.tenant', %s, true)", (TENANT,))
            for text, values in statements:
                connection.execute(text.replace("?", "%s").encode(), values)

    def pipelined(statements: Statements) -> None:
        parts = ", ".join(
            f"s{n} AS ({text.replace('?', '%s')} RETURNING 1)"
            for n, (text, _) in enumerate(statements)
        )
        values = tuple(value for _, each in statements for value in each)
        with connection.pipeline(), connection.transaction():
            connection.execute("SELECT set_config('ordercore.tenant', %s, true)", (TENANT,))
            connection.execute(f"WITH {parts} SELECT 1".encode(), values)

    _compare(
        "create an order on PostgreSQL (raw psycopg, statement by statement = 1)",
        ports,
        POSTGRES,
        {
            "raw psycopg, the same statements one by one": plain,
            "raw psycopg, one CTE in a pipeline": pipelined,
        },
    )
    connection.close()
