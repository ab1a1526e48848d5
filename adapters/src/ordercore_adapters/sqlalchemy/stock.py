"""Stock: moved as the last thing a batch does, and read with its ledger.

The rows that many buyers want are locked last and shortest, in one order for all batches, so two of
them never wait for each other. PostgreSQL moves everything inside one function, in the round trip
of the batch; it comes after the statement that writes the rest, because it has to see what others
have written while it waited. SQLite has only one writer: there the levels are read, the moves are
decided by the core, and the outcome is written, in the batch's own transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ordercore.domain.inventory import (
    MOST_UNITS,
    Booking,
    Holding,
    MoveKind,
    Movement,
    StockLevel,
    StockMove,
    book,
    summed,
)
from ordercore.kernel.errors import StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore_adapters.sqlalchemy.dialect import POSTGRES, SQLITE, Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Answer, Row, Statement, insert

__all__ = ["SqlStock", "move_stock"]

_LEVEL = ("tenant", "sku", "on_hand", "reserved", "moves")
_MOVEMENT = ("tenant", "sku", "seq", "at", "kind", "on_hand", "reserved", "order_id", "reason")
_MOVE = "SELECT ordercore_move_stock(?, ?, CAST(? AS json), ?)"
_LEVELS_NOW = (
    "SELECT sku, NULL AS order_id, on_hand, reserved, moves FROM stock "
    f"WHERE tenant = ? AND sku {SQLITE.among}"
)
_HOLDINGS_NOW = (
    "SELECT sku, order_id, sum(on_hand), sum(reserved), 0 FROM stock_movements "
    f"WHERE tenant = ? AND order_id {SQLITE.among} AND sku {SQLITE.among} GROUP BY order_id, sku"
)
_OWN = frozenset({MoveKind.RELEASE, MoveKind.RETURN, MoveKind.SHIP})
_REPLACE = (
    "ON CONFLICT (tenant, sku) DO UPDATE SET on_hand = excluded.on_hand, "
    "reserved = excluded.reserved, moves = excluded.moves"
)
_LEDGER = f"SELECT {', '.join(_MOVEMENT)} FROM stock_movements WHERE tenant = ? AND sku = ?"


def move_stock(
    tenant: TenantId, moves: Sequence[StockMove], at: datetime, dialect: Dialect
) -> Statement:
    """Return the statement that makes all moves, or finds everything there is too little of.

    Args:
        tenant: Whose stock.
        moves: At least one.
        at: When they are made.
        dialect: Which database it is for.
    """
    if dialect is POSTGRES:
        listed = json.dumps([_as_json(move) for move in summed(moves)])
        return Statement(
            sql=_MOVE, values=(tenant, dialect.put(at), listed, MOST_UNITS), after=True
        )
    skus = dialect.listed(move.sku for move in moves)
    orders = [move.order_id for move in moves if move.order_id and move.kind in _OWN]
    then = partial(_made, tenant, moves, at, dialect)
    if not orders:
        return Statement(sql=_LEVELS_NOW, values=(tenant, skus), then=then)
    return Statement(
        sql=f"{_LEVELS_NOW} UNION ALL {_HOLDINGS_NOW}",
        values=(tenant, skus, tenant, dialect.listed(orders), skus),
        then=then,
    )


def _as_json(move: StockMove) -> dict[str, Any]:
    return {
        "sku": move.sku,
        "kind": str(move.kind),
        "quantity": abs(move.quantity),
        "on_hand": move.on_hand,
        "reserved": move.reserved,
        "order_id": move.order_id,
        "reason": move.reason,
    }


def _made(
    tenant: TenantId,
    moves: Sequence[StockMove],
    at: datetime,
    dialect: Dialect,
    answer: Answer,
) -> Iterator[Statement]:
    """Decide over the rows as they are under the write lock."""
    levels: dict[str, StockLevel] = {}
    holdings: dict[tuple[OrderId, str], Holding] = {}
    for sku, order_id, on_hand, reserved, count in answer.rows:
        if order_id is None:
            levels[sku] = StockLevel(
                tenant=tenant, sku=sku, on_hand=on_hand, reserved=reserved, moves=count
            )
        else:
            holdings[order_id, sku] = Holding(reserved=reserved, sent=-on_hand)
    booking = book(moves, tenant=tenant, at=at, levels=levels, holdings=holdings)
    if not isinstance(booking, Booking):
        raise StockShort(shortages=booking)
    if booking.movements:
        rows = ((tenant, x.sku, x.on_hand, x.reserved, x.moves) for x in booking.levels)
        yield insert("stock", _LEVEL, rows, tail=_REPLACE)
        made = (_movement_row(movement, dialect) for movement in booking.movements)
        yield insert("stock_movements", _MOVEMENT, made, tail="")


def _movement_row(movement: Movement, dialect: Dialect) -> tuple[object, ...]:
    return (
        movement.tenant,
        movement.sku,
        movement.seq,
        dialect.put(movement.at),
        str(movement.kind),
        movement.on_hand,
        movement.reserved,
        movement.order_id,
        movement.reason,
    )


class SqlStock:
    """Stock and its ledger."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def levels(self, tenant: TenantId, skus: Sequence[str]) -> tuple[StockLevel, ...]:
        """Return the levels of these skus, by sku."""
        dialect = self._executor.dialect
        sql = f"SELECT {', '.join(_LEVEL)} FROM stock WHERE tenant = ? AND sku {dialect.among}"
        wanted = Statement(sql=f"{sql} ORDER BY sku", values=(tenant, dialect.listed(skus)))
        answer = await self._executor.run(tenant, wanted)
        return tuple(StockLevel(**dict(zip(_LEVEL, row, strict=True))) for row in answer.rows)

    async def movements(
        self, tenant: TenantId, sku: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Movement, ...]:
        """Return the ledger of a sku above ``after``, in order."""
        sql = f"{_LEDGER} AND seq > ? ORDER BY seq LIMIT ?"
        wanted = Statement(sql=sql, values=(tenant, sku, after, limit))
        answer = await self._executor.run(tenant, wanted)
        return tuple(self._movement(row) for row in answer.rows)

    def _movement(self, row: Row) -> Movement:
        values = dict(zip(_MOVEMENT, row, strict=True))
        values["at"] = self._executor.dialect.get(values["at"])
        values["kind"] = MoveKind(values["kind"])
        return Movement(**values)
