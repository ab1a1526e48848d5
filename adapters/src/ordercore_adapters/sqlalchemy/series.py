"""Numbers without gaps, and the highest fence of each lock: one guarded row each."""

from __future__ import annotations

from ordercore.kernel.ids import TenantId
from ordercore.ports import Fence, NumberRun
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Clash, Statement, insert

__all__ = ["SqlNumbers", "raise_fence", "take_numbers"]

_TAKE = "UPDATE number_series SET taken = ? WHERE tenant = ? AND series = ? AND taken = ?"
_TAKEN = "SELECT taken FROM number_series WHERE tenant = ? AND series = ?"
_RAISE = (
    "ON CONFLICT (tenant, name) DO UPDATE SET token = excluded.token "
    "WHERE fences.token <= excluded.token"
)


def take_numbers(tenant: TenantId, run: NumberRun) -> Statement:
    """Return the statement that takes numbers, or finds that they are not the next ones."""
    clash = Clash(kind="number", id=run.series, expected=run.first - 1 or None)
    if run.first == 1:
        row = (tenant, run.series, run.last)
        return insert("number_series", ("tenant", "series", "taken"), [row], clash=clash)
    values = (run.last, tenant, run.series, run.first - 1)
    return Statement(sql=_TAKE, values=values, clash=clash)


def raise_fence(tenant: TenantId, fence: Fence) -> Statement:
    """Return the statement that remembers a fence, or finds that a higher one has been there."""
    clash = Clash(kind="lock", id=fence.name, expected=fence.token, lease=True)
    row = (tenant, fence.name, fence.token)
    return insert("fences", ("tenant", "name", "token"), [row], tail=_RAISE, clash=clash)


class SqlNumbers:
    """Series of numbers."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def next(self, tenant: TenantId, series: str) -> int:
        """Return the number the series would give next."""
        answer = await self._executor.run(tenant, Statement(sql=_TAKEN, values=(tenant, series)))
        return int(answer.rows[0][0]) + 1 if answer.rows else 1
