"""``ordercore audit``, the part about stock: every level is the sum of its movements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from ordercore.kernel.ids import TenantId

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ordercore import OrderCore, Ports
    from ordercore.domain.inventory import Movement, StockLevel

__all__ = ["STOCK_LAW", "judged_stock"]

STOCK_LAW = "stock_is_its_ledger"
_PAGE = 1000
_TRIES = 20


def judged_stock(
    core: OrderCore, connection: Connection, tenant: str
) -> Iterator[tuple[str, list[str]]]:
    """Return each sku of a tenant with what the laws of stock find; one at a time, in order."""
    from ordercore.testing.stock_laws import stock_violations

    for sku in _skus(connection, tenant):
        look = _Look(tenant=TenantId(tenant), sku=sku)
        found: list[str] = []
        for _ in range(_TRIES):  # it may be moved while it is looked at
            level, ledger = core.handle(look)
            found = stock_violations(level, ledger) if level else [f"{sku}: moved, and no level"]
            if not found or core.handle(look) == (level, ledger):
                break
        yield sku, found


@frozen(kw_only=True)
class _Look:
    """Read a level and all of its movements."""

    tenant: TenantId
    sku: str

    async def run(self, ports: Ports) -> tuple[StockLevel | None, tuple[Movement, ...]]:
        ledger: list[Movement] = []
        levels = await ports.stock.levels(self.tenant, (self.sku,))
        while page := await ports.stock.movements(
            self.tenant, self.sku, after=ledger[-1].seq if ledger else 0, limit=_PAGE
        ):
            ledger += page
        return (levels[0] if levels else None), tuple(ledger)


def _skus(connection: Connection, tenant: str) -> list[str]:
    import sqlalchemy as sa

    if connection.dialect.name == "postgresql":
        tenancy = sa.text("SELECT set_config('ordercore.tenant', :tenant, true)")
        connection.execute(tenancy, {"tenant": tenant})
    wanted = sa.text(
        "SELECT sku FROM stock WHERE tenant = :tenant "
        "UNION SELECT sku FROM stock_movements WHERE tenant = :tenant ORDER BY sku"
    )
    found = [str(row[0]) for row in connection.execute(wanted, {"tenant": tenant})]
    connection.rollback()
    return found
