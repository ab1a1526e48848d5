"""Dead letters, by id; the oldest want attention first."""

from __future__ import annotations

from operator import attrgetter

from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.kernel.ids import TenantId
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Row, Statement, insert

__all__ = ["SqlDeadLetters", "write_letter"]

_COLUMNS = (
    "tenant",
    "id",
    "order_id",
    "saga_id",
    "branch",
    "step",
    "forward",
    "code",
    "reason",
    "attempts",
    "payload",
    "at",
    "status",
    "note",
    "closed_at",
)
_values = attrgetter(*_COLUMNS)
_REPLACE = "ON CONFLICT (tenant, id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS[2:]
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM dead_letters WHERE tenant = ?"


def write_letter(letter: DeadLetter, dialect: Dialect) -> Statement:
    """Return the statement that files a letter or changes the one of that id."""
    row = dialect.put_all(_values(letter))
    return insert("dead_letters", _COLUMNS, [row], tail=_REPLACE)


class SqlDeadLetters:
    """Work given up."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, tenant: TenantId, letter_id: str) -> DeadLetter | None:
        """Return the letter, or None."""
        wanted = Statement(sql=f"{_SELECT} AND id = ?", values=(tenant, letter_id))
        found = await self._letters(tenant, wanted)
        return found[0] if found else None

    async def list(
        self,
        tenant: TenantId,
        *,
        status: DeadLetterStatus | None = DeadLetterStatus.OPEN,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Return letters, oldest first."""
        only = "" if status is None else "AND status = ?"
        values = () if status is None else (str(status),)
        sql = f"{_SELECT} {only} ORDER BY at, id LIMIT ?"
        return await self._letters(tenant, Statement(sql=sql, values=(tenant, *values, limit)))

    async def _letters(self, tenant: TenantId, statement: Statement) -> tuple[DeadLetter, ...]:
        answer = await self._executor.run(tenant, statement)
        return tuple(self._letter(row) for row in answer.rows)

    def _letter(self, row: Row) -> DeadLetter:
        dialect, values = self._executor.dialect, dict(zip(_COLUMNS, row, strict=True))
        values["forward"] = bool(values["forward"])  # SQLite keeps it as a number
        values["at"] = dialect.get(values["at"])
        values["closed_at"] = dialect.get_maybe(values["closed_at"])
        values["status"] = DeadLetterStatus(values["status"])
        return DeadLetter(**values)
