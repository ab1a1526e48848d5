"""Removing old records of messages.

Whose records are old is asked of the whole database, what is removed is removed as the tenant: in
PostgreSQL a function tells the login of the workers one tenant's name and nothing more, see the
migrations. Rows that somebody else is removing are passed over.
"""

from __future__ import annotations

from ordercore.engine.messaging import Cutoffs, Swept
from ordercore.kernel.ids import TenantId
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Statement

__all__ = ["SqlSweeper"]

_OLD = {
    "outbox": "published_at < ?",
    "inbox": "taken_at < ?",
    "idempotency": "expires_at <= ?",
}
"""Which rows are old; each question mark is a cutoff, in the order of `Cutoffs`."""

_WHOLE = "inbox.message_id"
_BEHIND_SOURCE = {
    "sqlite": "substr(inbox.message_id, instr(inbox.message_id, ' ') + 1)",
    "postgresql": "substr(inbox.message_id, strpos(inbox.message_id, ' ') + 1)",
}
"""The events a mark may be of: it is the id of one, or the source, a space, the id."""

_NOT_UNSENT = {
    "sqlite": (
        "(inbox.tenant, {event}) NOT IN (SELECT o.tenant, o.id FROM outbox AS o "
        "WHERE o.published_at IS NULL)"
    ),
    "postgresql": (
        "NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.tenant = inbox.tenant "
        "AND o.published_at IS NULL AND o.id = {event})"
    ),
}
"""Asked so, each database looks an event up; in the other's words it goes through all of them."""

_KEYS = {
    "outbox": "tenant, stream, seq",
    "inbox": "tenant, consumer, message_id",
    "idempotency": "tenant, operation, key",
}
_BY_AGE = "+"
"""SQLite would go by the tenant and read all its rows; with this it goes by the index of ages."""

_AGES = {"outbox": "published_at", "inbox": "taken_at", "idempotency": "expires_at"}


class SqlSweeper:
    """Old events, marks and answers."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def sweep(self, cutoffs: Cutoffs, *, limit: int, tenant: TenantId | None = None) -> Swept:
        """Remove records of one tenant, each kind in a transaction of its own."""
        dialect = self._executor.dialect
        ends = [dialect.put(each) for each in (cutoffs.published, cutoffs.taken, cutoffs.expired)]
        if tenant is None or not dialect.skip:  # do not wait for every writer in vain
            found = await self._executor.run(tenant, _whose(ends, tenant, dialect))
            if not found.rows or found.rows[0][0] is None:
                return Swept()
            tenant = TenantId(found.rows[0][0])
        removed = [
            await self._executor.run(tenant, _remove(table, tenant, end, limit, dialect))
            for table, end in zip(_OLD, ends, strict=True)
        ]
        events, marks, answers = (len(answer.rows) for answer in removed)
        return Swept(events=events, marks=marks, answers=answers)


def _whose(ends: list[object], tenant: TenantId | None, dialect: Dialect) -> Statement:
    """Return the statement that names one tenant with rows to remove."""
    if dialect.skip:
        return Statement(sql="SELECT ordercore_to_sweep(?, ?, ?)", values=tuple(ends))
    own = "" if tenant is None else f"{_BY_AGE}tenant = ? AND "
    tenants = () if tenant is None else (tenant,)
    parts = [
        f"SELECT * FROM (SELECT tenant FROM {table} WHERE {own}{_may_go(table, dialect)} LIMIT 1)"
        for table in _OLD
    ]
    values = tuple(value for end in ends for value in (*tenants, end))
    return Statement(sql=f"{' UNION ALL '.join(parts)} LIMIT 1", values=values)


def _remove(table: str, tenant: TenantId, end: object, limit: int, dialect: Dialect) -> Statement:
    """Return the statement that removes a tenant's oldest rows."""
    keys, age, own = _KEYS[table], _AGES[table], "" if dialect.skip else _BY_AGE
    sql = (
        f"WITH old AS MATERIALIZED (SELECT {keys} FROM {table} "
        f"WHERE {own}tenant = ? AND {_may_go(table, dialect)} "
        f"ORDER BY {age}, {keys} LIMIT ? {dialect.skip}) "
        f"DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM old) RETURNING 1"
    )
    return Statement(sql=sql, values=(tenant, end, limit))


def _may_go(table: str, dialect: Dialect) -> str:
    """Return the condition of rows that may be removed."""
    if table != "inbox":
        return _OLD[table]
    unsent = _NOT_UNSENT[dialect.name]
    events = (_WHOLE, _BEHIND_SOURCE[dialect.name])
    return " AND ".join((_OLD[table], *(unsent.format(event=event) for event in events)))
