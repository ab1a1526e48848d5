"""Orders: a document with the columns that are searched, counted and compared beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ordercore.codec import decode_stored, encode
from ordercore.domain.insight import order_group
from ordercore.domain.orders import Order
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import OrderWrite, StoredOrder
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Clash, Row, Statement, insert

__all__ = ["SqlOrders", "select_order", "stored_order", "taken", "write_orders"]

_FIXED = ("tenant", "id", "reference", "kind", "currency", "billing_cycle", "created_at")
_CHANGING = (
    "fingerprint",
    "state",
    "version",
    "updated_at",
    "deleted_at",
    "submitted",
    "value_minor",
    "revenue_minor",
    "chain",
    "body",
)
_COLUMNS = (*_FIXED, *_CHANGING)
_UPDATE = (
    f"UPDATE orders SET {', '.join(f'{name} = ?' for name in _CHANGING)} "
    "WHERE tenant = ? AND id = ? AND version = ?"
)
_SELECT = "SELECT id, CAST(body AS TEXT), chain, fingerprint FROM orders"
_BY_ID = f"{_SELECT} WHERE tenant = ? AND id = ?"
_BY_REFERENCE = f"{_SELECT} WHERE tenant = ? AND reference = ?"


def write_orders(writes: Iterable[OrderWrite], dialect: Dialect) -> Iterator[Statement]:
    """Return the statements that write orders: all new ones together, each changed one alone.

    A new order clashes with one of its id or of its reference; the statement cannot tell which.
    """
    new = list[StoredOrder]()
    for write in writes:
        if write.read_version is None:
            new.append(write.stored)
            continue
        order = write.stored.order
        yield Statement(
            sql=_UPDATE,
            values=(*_changing(write.stored, dialect), order.tenant, order.id, write.read_version),
            clash=Clash(kind="order", id=order.id, expected=write.read_version),
        )
    if new:
        rows = ((*_fixed(each.order, dialect), *_changing(each, dialect)) for each in new)
        yield insert("orders", _COLUMNS, rows, clash=Clash(kind="order", id=new[0].order.id))


def _fixed(order: Order, dialect: Dialect) -> tuple[object, ...]:
    return (
        order.tenant,
        order.id,
        order.reference,
        order.kind,
        order.currency,
        str(order.billing_cycle or ""),
        dialect.put(order.created_at),
    )


def _changing(stored: StoredOrder, dialect: Dialect) -> tuple[object, ...]:
    order = stored.order
    return (
        stored.fingerprint,
        str(order.state),
        order.version,
        dialect.put(order.life.updated_at),
        dialect.put_maybe(order.deleted_at),
        *order_group(order),
        stored.chain,
        encode(order),
    )


def select_order(tenant: TenantId, order_id: OrderId, *, lock: str = "") -> Statement:
    """Return the statement that reads one order; ``lock`` is a word of the dialect."""
    return Statement(sql=f"{_BY_ID} {lock}" if lock else _BY_ID, values=(tenant, order_id))


def stored_order(row: Row) -> StoredOrder:
    """Return the order in a row of `select_order`.

    Raises:
        UnreadableRecord: its document is damaged, or was written by a newer release.
    """
    order_id, body, chain, fingerprint = row
    order = decode_stored(Order, body, name="order", id=order_id)
    return StoredOrder(order=order, chain=chain, fingerprint=fingerprint)


def taken(tenant: TenantId, column: str, value: str) -> Statement:
    """Return the statement that finds whether an order of this id or reference exists."""
    sql = f"SELECT 1 FROM orders WHERE tenant = ? AND {column} = ?"
    return Statement(sql=sql, values=(tenant, value))


class SqlOrders:
    """Orders of one tenant."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        """Return the order, hidden or not."""
        return await self._one(tenant, select_order(tenant, order_id))

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        """Return the order with the customer's reference."""
        return await self._one(tenant, Statement(sql=_BY_REFERENCE, values=(tenant, reference)))

    async def list(
        self,
        tenant: TenantId,
        *,
        state: str | None = None,
        hidden: bool = False,
        after: OrderId | None = None,
        limit: int = 50,
    ) -> tuple[Order, ...]:
        """Return orders by id, beginning after ``after``."""
        sql, values = f"{_SELECT} WHERE tenant = ?", [str(tenant)]
        if not hidden:
            sql += " AND deleted_at IS NULL"
        if state is not None:
            sql += " AND state = ?"
            values.append(state)
        if after is not None:
            sql += " AND id > ?"
            values.append(after)
        wanted = Statement(sql=f"{sql} ORDER BY id LIMIT ?", values=(*values, limit))
        answer = await self._executor.run(tenant, wanted)
        return tuple(stored_order(row).order for row in answer.rows)

    async def _one(self, tenant: TenantId, statement: Statement) -> StoredOrder | None:
        answer = await self._executor.run(tenant, statement)
        return stored_order(answer.rows[0]) if answer.rows else None
