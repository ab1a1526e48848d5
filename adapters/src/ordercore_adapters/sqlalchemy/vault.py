"""Sealed credentials, one row per item; the clear text never gets here."""

from __future__ import annotations

from operator import attrgetter

from ordercore.domain.delivery import SealedCredentials
from ordercore.kernel.ids import OrderId, TenantId
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Statement, insert

__all__ = ["SqlVault", "forget_credentials", "write_credentials"]

_COLUMNS = ("tenant", "order_id", "item", "resource", "key_id", "nonce", "ciphertext")
_values = attrgetter(*_COLUMNS)
_REPLACE = "ON CONFLICT (tenant, order_id, item) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS[3:]
)
_FORGET = "DELETE FROM sealed_credentials WHERE tenant = ? AND order_id = ? AND item = ?"
_OF_ORDER = (
    f"SELECT {', '.join(_COLUMNS)} FROM sealed_credentials "
    "WHERE tenant = ? AND order_id = ? ORDER BY item"
)


def write_credentials(sealed: SealedCredentials) -> Statement:
    """Return the statement that stores an item's credentials in place of older ones."""
    return insert("sealed_credentials", _COLUMNS, [_values(sealed)], tail=_REPLACE)


def forget_credentials(tenant: TenantId, order_id: str, item: str) -> Statement:
    """Return the statement that deletes an item's credentials."""
    return Statement(sql=_FORGET, values=(tenant, order_id, item))


class SqlVault:
    """Where sealed credentials rest."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SealedCredentials, ...]:
        """Return the sealed credentials of an order's items, by item id."""
        wanted = Statement(sql=_OF_ORDER, values=(tenant, order_id))
        answer = await self._executor.run(tenant, wanted)
        return tuple(
            SealedCredentials(**dict(zip(_COLUMNS, row, strict=True))) for row in answer.rows
        )
