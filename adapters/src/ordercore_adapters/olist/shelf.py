"""Put rows down on disk by order, so that memory does not grow with the number of orders.

The shelf is a private temporary database that SQLite makes and removes by itself, also when the
process is killed. It holds each row once, told apart by the ids of the set, and gives everything
back order by order.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any

from attrs import frozen

from ordercore_adapters.olist.cells import ItemRow, OrderRow, PaymentRow

__all__ = ["Group", "Shelf"]

_CACHE_KIB = 8 * 1024
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE orders (order_id TEXT PRIMARY KEY, status TEXT, times TEXT, file INT, line INT)
    WITHOUT ROWID;
CREATE TABLE items (order_id TEXT, number INT, price INT, freight INT, file INT, line INT,
    PRIMARY KEY (order_id, number)) WITHOUT ROWID;
CREATE TABLE payments (order_id TEXT, number INT, amount INT, file INT, line INT,
    PRIMARY KEY (order_id, number)) WITHOUT ROWID;
"""
_PUT_ORDER = (
    "INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)",
    "SELECT file, line FROM orders WHERE order_id = ?",
)
_PUT_ITEM = (
    "INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?)",
    "SELECT file, line FROM items WHERE order_id = ? AND number = ?",
)
_PUT_PAYMENT = (
    "INSERT OR IGNORE INTO payments VALUES (?, ?, ?, ?, ?)",
    "SELECT file, line FROM payments WHERE order_id = ? AND number = ?",
)
_ORDERS, _ITEMS = 0, 1  # as the statements below mark their rows
_READ = (
    "SELECT order_id, 0, status, times FROM orders ORDER BY order_id",
    "SELECT order_id, 1, number, price, freight FROM items ORDER BY order_id, number",
    "SELECT order_id, 2, number, amount FROM payments ORDER BY order_id, number",
)


@frozen(kw_only=True)
class Group:
    """Everything there is under one order id; ``order`` is None where no row of orders has it."""

    order_id: str
    order: OrderRow | None
    items: tuple[ItemRow, ...]
    payments: tuple[PaymentRow, ...]


class Shelf:
    """Rows of the set by order; a context manager."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._base = sqlite3.connect("", isolation_level=None)  # no name: a file nobody else sees
        self._base.executescript(f"PRAGMA cache_size = -{_CACHE_KIB};{_SCHEMA}")
        self._base.execute("BEGIN")

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return int(self._base.execute("SELECT count(*) FROM orders").fetchone()[0])

    def knows(self, order_id: str) -> bool:
        """Return whether an order with this id is here."""
        found = self._base.execute("SELECT 1 FROM orders WHERE order_id = ?", (order_id,))
        return found.fetchone() is not None

    def put(
        self, row: OrderRow | ItemRow | PaymentRow, *, file: str, line: int
    ) -> tuple[str, int] | None:
        """Keep ``row``, or return file and line of the one that already has its id."""
        if not self._files or self._files[-1] != file:
            self._files.append(file)
        insert, find, key, values = _stored(row)
        place = (len(self._files) - 1, line)
        if self._base.execute(insert, (*key, *values, *place)).rowcount:
            return None
        number, first = self._base.execute(find, key).fetchone()
        return self._files[number], first

    def groups(self) -> Iterator[Group]:
        """Yield what is here, in the order of order ids."""
        merged = heapq.merge(*map(self._base.execute, _READ), key=itemgetter(0))
        for order_id, rows in groupby(merged, key=itemgetter(0)):
            yield _group(order_id, rows)


def _stored(
    row: OrderRow | ItemRow | PaymentRow,
) -> tuple[str, str, tuple[str | int, ...], tuple[str | int, ...]]:
    """Return how to insert and how to find a row, its key, and what else is kept of it."""
    match row:
        case OrderRow():
            return *_PUT_ORDER, (row.order_id,), (row.status, "|".join(row.times))
        case ItemRow():
            amounts = (row.price_minor, row.freight_minor)
            return *_PUT_ITEM, (row.order_id, row.number), amounts
        case PaymentRow():
            return *_PUT_PAYMENT, (row.order_id, row.number), (row.amount_minor,)


def _group(order_id: str, rows: Iterator[tuple[Any, ...]]) -> Group:
    order: OrderRow | None = None
    items: list[ItemRow] = []
    payments: list[PaymentRow] = []
    for _id, kind, *values in rows:
        if kind == _ORDERS:
            status, times = values
            order = OrderRow(order_id=order_id, status=status, times=tuple(times.split("|")))
        elif kind == _ITEMS:
            number, price, freight = values
            items.append(
                ItemRow(order_id=order_id, number=number, price_minor=price, freight_minor=freight)
            )
        else:
            number, amount = values
            payments.append(PaymentRow(order_id=order_id, number=number, amount_minor=amount))
    return Group(order_id=order_id, order=order, items=tuple(items), payments=tuple(payments))
