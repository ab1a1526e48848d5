"""Sums over a tenant's orders, computed by the database from the columns beside the documents."""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.insight import OrderGroup
from ordercore.kernel.ids import TenantId
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Row, Statement

__all__ = ["SqlReadModels"]

_SINCE = "sum(CASE WHEN created_at >= ? THEN 1 ELSE 0 END)"
_GROUPS = (
    f"SELECT state, currency, count(*), sum(submitted), {_SINCE}, {_SINCE}, {_SINCE}, "
    "sum(value_minor), sum(revenue_minor) FROM orders WHERE tenant = ? GROUP BY state, currency"
)


class SqlReadModels:
    """Sums over a tenant's orders."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def groups(
        self, tenant: TenantId, *, day: datetime, week: datetime, month: datetime
    ) -> tuple[OrderGroup, ...]:
        """Return one group per state and currency, in that order."""
        since = (self._executor.dialect.put(at) for at in (day, week, month))
        answer = await self._executor.run(tenant, Statement(sql=_GROUPS, values=(*since, tenant)))
        return tuple(_group(row) for row in sorted(answer.rows))


def _group(row: Row) -> OrderGroup:
    state, currency, *sums = row
    orders, submitted, today, week, month, value, revenue = map(int, sums)  # some are decimals
    return OrderGroup(
        state=state,
        currency=currency,
        orders=orders,
        submitted=submitted,
        today=today,
        week=week,
        month=month,
        value_minor=value,
        revenue_minor=revenue,
    )
