"""What a host would write by hand to store one order with three items, and the least it could.

Each peer stores the order, its items, one audit row and one outgoing event in one transaction, in
four plain tables: no version check, no tenant's wall, no queue.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import count
from typing import Any

import sqlalchemy as sa

__all__ = ["TABLES", "core", "psycopg_statement", "raw_sqlite"]

_METADATA = sa.MetaData()
_COLUMNS = {
    "peer_orders": ("id", "tenant", "customer", "state", "currency", "total", "version", "data"),
    "peer_items": ("id", "order_id", "product", "quantity", "price"),
    "peer_audit": ("id", "order_id", "seq", "source", "dest", "actor", "at"),
    "peer_outbox": ("id", "topic", "stream", "payload"),
}
_NUMBERS = {"total", "version", "quantity", "price", "seq"}
TABLES = [
    sa.Table(
        name,
        _METADATA,
        *(
            sa.Column(
                column,
                sa.BigInteger() if column in _NUMBERS else sa.Text(),
                primary_key=column == "id",
            )
            for column in columns
        ),
    )
    for name, columns in _COLUMNS.items()
]
_ORDERS, _ITEMS, _AUDIT, _OUTBOX = TABLES
_DATA = json.dumps({"items": [{"name": "item", "config": {"a": "b" * 80}}] * 5, "pad": "x" * 800})
_Rows = tuple[tuple[Any, ...], list[tuple[Any, ...]], tuple[Any, ...], tuple[Any, ...]]


def _rows(tag: str) -> Callable[[], _Rows]:
    numbers = count()

    def make() -> _Rows:
        order = f"{tag}-{next(numbers):024d}"
        return (
            (order, "tenant-1", "customer", "draft", "EUR", 3000, 1, _DATA),
            [(f"{order}-{n}", order, "vps", 1, 1000) for n in range(3)],
            (f"{order}-a", order, 1, "", "draft", "customer", "2026-01-01T00:00:00.000000Z"),
            (f"{order}.1", "order-events", order, _DATA[:600]),
        )

    return make


def _insert(table: sa.Table, mark: str, rows: int = 1) -> str:
    names = _COLUMNS[table.name]
    values = ", ".join([f"({', '.join([mark] * len(names))})"] * rows)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {values}"


def raw_sqlite(path: str, tag: str, *, per_commit: int = 1) -> Callable[[], None]:
    """Return a writer over the standard library's driver, with its own waiting for locks."""
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    make, texts = _rows(tag), [_insert(table, "?") for table in TABLES]

    def write() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(per_commit):
            order, items, audit, event = make()
            connection.execute(texts[0], order)
            connection.executemany(texts[1], items)
            connection.execute(texts[2], audit)
            connection.execute(texts[3], event)
        connection.execute("COMMIT")

    return write


def core(engine: sa.Engine, tag: str) -> Callable[[], None]:
    """Return a writer in SQLAlchemy Core, as its documentation teaches."""
    make = _rows(tag)

    def named(table: sa.Table, row: tuple[Any, ...]) -> dict[str, Any]:
        return dict(zip(_COLUMNS[table.name], row, strict=True))

    def write() -> None:
        order, items, audit, event = make()
        with engine.begin() as connection:
            connection.execute(_ORDERS.insert(), named(_ORDERS, order))
            connection.execute(_ITEMS.insert(), [named(_ITEMS, item) for item in items])
            connection.execute(_AUDIT.insert(), named(_AUDIT, audit))
            connection.execute(_OUTBOX.insert(), named(_OUTBOX, event))

    return write


def psycopg_statement(connection: Any, tag: str) -> Callable[[], None]:
    """Return a writer that sends one prepared statement in autocommit: the limit."""
    make = _rows(tag)
    steps = ", ".join(
        f"s{n} AS ({_insert(table, '%s', 3 if table is _ITEMS else 1)})"
        for n, table in enumerate(TABLES[:-1])
    )
    text = f"WITH {steps} {_insert(_OUTBOX, '%s')}"

    def write() -> None:
        order, items, audit, event = make()
        connection.execute(text, (*order, *(v for item in items for v in item), *audit, *event))

    return write
