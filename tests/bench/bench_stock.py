"""Reserving stock: this library's commit beside the same statements sent by hand.

By hand means the bare driver as the owner of the same tables: for each line one conditional update
and one row in the ledger, in one transaction. It has no batch, lists no shortages and sums no
lines. Everything is in one run, so only the ratios say something.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ordercore.domain.inventory import MoveKind, StockMove, reserve_lines
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import new_order
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database
from tests.bench.measure import compare

_TENANT = TenantId("tenant-1")
_SKUS = tuple(f"SKU-{number:03d}" for number in range(100))
_PLENTY = 10**12
_AT = "2026-01-05T12:00:00.000000Z"
_TAKE = (
    "UPDATE stock SET reserved = reserved + 1, moves = moves + 1 "
    "WHERE tenant = ? AND sku = ? AND on_hand - reserved >= 1 RETURNING moves"
)
_NOTE = (
    "INSERT INTO stock_movements (tenant, sku, seq, at, kind, on_hand, reserved, order_id, reason) "
    "VALUES (?, ?, ?, ?, 'reserve', 0, 1, ?, '')"
)


def _baskets(lines: int) -> Iterator[tuple[OrderId, list[str]]]:
    numbers, skus = count(), cycle(_SKUS)
    while True:
        yield OrderId(f"order-{next(numbers)}"), sorted(next(skus) for _ in range(lines))


def _ours(bundle: Ports, lines: int) -> Callable[[], None]:
    baskets = _baskets(lines)

    def reserve() -> None:
        order_id, skus = next(baskets)
        moves = reserve_lines([(sku, 1) for sku in skus], order_id=order_id)
        drive(bundle.store.commit(Batch(tenant=_TENANT, stock=moves)))

    return reserve


def _stocked(bundle: Ports) -> None:
    moves = (StockMove(kind=MoveKind.RECEIVE, sku=sku, quantity=_PLENTY) for sku in _SKUS)
    drive(bundle.store.commit(Batch(tenant=_TENANT, stock=tuple(moves))))


def _sqlite3(path: Path, lines: int) -> Callable[[], None]:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    baskets = _baskets(lines)

    def reserve() -> None:
        order_id, skus = next(baskets)
        connection.execute("BEGIN IMMEDIATE")
        for sku in skus:
            ((seq,),) = connection.execute(_TAKE, (_TENANT, sku)).fetchall()
            connection.execute(_NOTE, (_TENANT, sku, seq, _AT, f"raw-{order_id}"))
        connection.execute("COMMIT")

    return reserve


def _psycopg(connection: Any, lines: int) -> Callable[[], None]:
    baskets, take, note = _baskets(lines), _TAKE.replace("?", "%s"), _NOTE.replace("?", "%s")

    def reserve() -> None:
        order_id, skus = next(baskets)
        with connection.transaction():
            for sku in skus:
                (seq,) = connection.execute(take, (_TENANT, sku)).fetchone()
                connection.execute(note, (_TENANT, sku, seq, _AT, f"raw-{order_id}"))

    return reserve


@pytest.mark.parametrize("lines", [1, 5])
def test_reserving_in_sqlite(tmp_path: Path, lines: int) -> None:
    """Every variant flushes with each commit."""
    path = tmp_path / "orders.db"
    ours = sqlalchemy.ports(f"sqlite:///{path}")
    _stocked(ours)
    compare(
        f"reserve {lines} lines in SQLite, synchronous = FULL (sqlite3 = 1)",
        {"sqlite3, by hand": _sqlite3(path, lines), "ordercore": _ours(ours, lines)},
    )
    drive(ours.close())


@pytest.mark.postgres
@pytest.mark.parametrize("lines", [1, 5])
def test_reserving_in_postgres(postgres: Database, lines: int) -> None:
    """By hand as a superuser without walls, with a round trip for each statement."""
    import psycopg

    ours = sqlalchemy.ports(postgres.app, worker_url=postgres.worker)
    _stocked(ours)
    plain = sa.make_url(postgres.admin).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as hand:
        hand.prepare_threshold = 1
        compare(
            f"reserve {lines} lines in PostgreSQL (psycopg = 1)",
            {"psycopg, by hand": _psycopg(hand, lines), "ordercore": _ours(ours, lines)},
        )
    drive(ours.close())


def test_an_order_with_and_without_a_reservation(tmp_path: Path) -> None:
    """An order alone, beside the same order with one reserved line, in one file."""
    ours = sqlalchemy.ports(f"sqlite:///{tmp_path / 'orders.db'}")
    _stocked(ours)
    numbers = count()

    def store(stock: bool) -> None:
        number = next(numbers)
        write = new_order(number, _TENANT)
        order_id = write.stored.order.id
        moves = reserve_lines([(_SKUS[number % 100], 1)], order_id=order_id) if stock else ()
        drive(ours.store.commit(Batch(tenant=_TENANT, orders=(write,), stock=moves)))

    compare(
        "store an order in SQLite (without stock = 1)",
        {"an order": lambda: store(False), "an order and its reservation": lambda: store(True)},
    )
    drive(ours.close())
