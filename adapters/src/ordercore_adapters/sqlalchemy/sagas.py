"""Sagas: a document per saga; the order it belongs to and its status beside it."""

from __future__ import annotations

from ordercore.codec import decode_stored, encode
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.ports import SagaWrite
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Clash, Row, Statement, insert

__all__ = ["SqlSagas", "saga_state", "select_sagas", "write_saga"]

_COLUMNS = ("tenant", "id", "order_id", "definition", "status", "version", "started_at", "body")
_UPDATE = (
    "UPDATE sagas SET status = ?, version = ?, body = ? WHERE tenant = ? AND id = ? AND version = ?"
)
_SELECT = "SELECT id, CAST(body AS TEXT) FROM sagas WHERE tenant = ? AND"


def write_saga(write: SagaWrite, dialect: Dialect) -> Statement:
    """Return the statement that writes a saga, unless somebody else has since it was read."""
    state = write.state
    clash = Clash(kind="saga", id=state.id, expected=write.read_version)
    status, body = str(state.status), encode(state)
    if write.read_version is not None:
        where = (state.tenant, state.id, write.read_version)
        values = (status, state.version, body, *where)
        return Statement(sql=_UPDATE, values=values, clash=clash)
    row = (
        state.tenant,
        state.id,
        state.subject,
        state.definition,
        status,
        state.version,
        dialect.put(state.started_at),
        body,
    )
    return insert("sagas", _COLUMNS, [row], clash=clash)


def select_sagas(tenant: TenantId, order_id: OrderId) -> Statement:
    """Return the statement that reads every saga of an order, oldest first."""
    sql = f"{_SELECT} order_id = ? ORDER BY started_at, id"
    return Statement(sql=sql, values=(tenant, order_id))


def saga_state(row: Row) -> SagaState:
    """Return the saga in a row of `select_sagas`.

    Raises:
        UnreadableRecord: its document is damaged, or was written by a newer release.
    """
    saga_id, body = row
    return decode_stored(SagaState, body, name="saga", id=saga_id)


class SqlSagas:
    """Sagas of one tenant."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, tenant: TenantId, saga_id: SagaId) -> SagaState | None:
        """Return the saga, or None."""
        wanted = Statement(sql=f"{_SELECT} id = ?", values=(tenant, saga_id))
        answer = await self._executor.run(tenant, wanted)
        return saga_state(answer.rows[0]) if answer.rows else None

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return every saga of the order, oldest first."""
        answer = await self._executor.run(tenant, select_sagas(tenant, order_id))
        return tuple(saga_state(row) for row in answer.rows)
