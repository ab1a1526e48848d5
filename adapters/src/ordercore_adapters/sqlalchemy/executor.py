"""Running statements: alone, or together in one transaction. Written once for both colours.

`Executor` is all the rest of the adapter knows. The SQLite form takes the write lock at the start
of a transaction and asks again in short, equal intervals while another process has it, so that no
writer starves (the built-in handler backs off until it does). The PostgreSQL form sends a whole
batch as one statement, together with the tenant the transaction is for, in one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

from ordercore.kernel.errors import NotConfigured
from ordercore.kernel.ids import TenantId
from ordercore_adapters.sqlalchemy.dialect import POSTGRES, SQLITE, Dialect
from ordercore_adapters.sqlalchemy.faults import GUARD, RETRIED, SHORT, StorageFault, stock_short
from ordercore_adapters.sqlalchemy.links import Link, Linker
from ordercore_adapters.sqlalchemy.statement import Answer, Statement

__all__ = ["Executor", "PostgresExecutor", "SqliteExecutor", "Then"]

Then = Callable[[list[Answer]], Sequence[Statement]]
"""What to write, decided from what was read under the lock."""

_BEGIN = Statement(sql="BEGIN IMMEDIATE")
_COMMIT = Statement(sql="COMMIT")
_ROLLBACK = Statement(sql="ROLLBACK")
_START = Statement(sql="BEGIN")
_TENANT = "SELECT set_config('ordercore.tenant', ?, true)"
_BUSY_PAUSE_S = 0.001
_BUSY_TRIES = 30_000
_ATTEMPTS = 5


class Executor(Protocol):
    """Runs statements for one tenant at a time."""

    dialect: Dialect

    async def run(self, tenant: TenantId | None, statement: Statement) -> Answer:
        """Run one statement in a transaction of its own; ``tenant`` None is for the queue."""
        ...

    async def write(self, tenant: TenantId, statements: Sequence[Statement]) -> None:
        """Run all statements in one transaction.

        Raises:
            ConcurrencyConflict: one of them did not touch the rows it had to; nothing is written.
            StockShort: one of them found too little of something.
        """
        ...

    async def decide(self, tenant: TenantId, reads: Sequence[Statement], then: Then) -> None:
        """Read under a lock, and write what ``then`` makes of it in the same transaction.

        ``then`` may be called again, with what was read anew.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class SqliteExecutor:
    """One writer at a time; readers see the last commit and wait for nobody."""

    dialect = SQLITE

    def __init__(self, linker: Linker) -> None:
        self._linker = linker

    async def run(self, tenant: TenantId | None, statement: Statement) -> Answer:
        """Run one statement in a transaction of its own."""
        async with self._linker.link() as link:
            return await self._patiently(link, statement)

    async def write(self, tenant: TenantId, statements: Sequence[Statement]) -> None:
        """Run all statements in one transaction."""
        await self.decide(tenant, (), lambda _: statements)

    async def decide(self, tenant: TenantId, reads: Sequence[Statement], then: Then) -> None:
        """Read and write as the only writer."""
        async with self._linker.link() as link:
            await self._patiently(link, _BEGIN)
            try:
                statements = then(await link.send(reads) if reads else [])
                await _write(link, statements)
                await link.send((_COMMIT,))
            except BaseException:
                await _roll_back(link)
                raise

    async def close(self) -> None:
        """Close every connection."""
        await self._linker.close()

    async def _patiently(self, link: Link, statement: Statement) -> Answer:
        for _ in range(_BUSY_TRIES):
            try:
                return (await link.send((statement,)))[0]
            except StorageFault as fault:
                if not fault.driver_code.startswith("SQLITE_BUSY"):
                    raise
            await self._linker.pause(_BUSY_PAUSE_S)
        raise StorageFault(problem="the database file was locked by others for too long")


class PostgresExecutor:
    """Many writers; each row is locked by the one that changes it.

    Args:
        linker: Connections of the plain role.
        queue: Connections of a role that sees the work of every tenant.
    """

    dialect = POSTGRES

    def __init__(self, linker: Linker, *, queue: Linker) -> None:
        self._linker = linker
        self._queue = queue

    async def run(self, tenant: TenantId | None, statement: Statement) -> Answer:
        """Run one statement in a transaction of its own."""
        if tenant is None:
            async with self._queue.link() as link:
                return (await link.send((statement,)))[0]
        async with self._linker.link() as link:
            return (await link.send((_for(tenant), statement)))[1]

    async def write(self, tenant: TenantId, statements: Sequence[Statement]) -> None:
        """Run all statements in one transaction, in one round trip."""
        sent = (_for(tenant), *_merged(statements))
        for attempt in range(_ATTEMPTS):
            async with self._linker.link() as link:
                try:
                    await link.send(sent)
                    return
                except StorageFault as fault:
                    _judge(fault, statements, last=attempt == _ATTEMPTS - 1)

    async def decide(self, tenant: TenantId, reads: Sequence[Statement], then: Then) -> None:
        """Read under row locks and write, in two round trips."""
        for attempt in range(_ATTEMPTS):
            statements: Sequence[Statement] = ()
            async with self._linker.link() as link:
                try:
                    answers = await link.send((_START, _for(tenant), *reads))
                    statements = then(answers[2:])
                    await link.send((*_merged(statements), _COMMIT))
                    return
                except StorageFault as fault:
                    await _roll_back(link)
                    _judge(fault, statements, last=attempt == _ATTEMPTS - 1)
                except BaseException:
                    await _roll_back(link)
                    raise

    async def close(self) -> None:
        """Close every connection."""
        await self._linker.close()
        with suppress(NotConfigured):
            await self._queue.close()


async def _roll_back(link: Link) -> None:
    """End the transaction; if even that fails, the connection is not lent again."""
    with suppress(StorageFault):
        await link.send((_ROLLBACK,))


async def _write(link: Link, statements: Sequence[Statement]) -> None:
    answers = await link.send(statements)
    _check(statements, answers)
    for statement, answer in zip(statements, answers, strict=True):
        if statement.then is not None:
            await _write(link, tuple(statement.then(answer)))


def _check(statements: Sequence[Statement], answers: Sequence[Answer]) -> None:
    for statement, answer in zip(statements, answers, strict=True):
        if statement.clash is not None and answer.count != statement.rows:
            raise statement.clash.error()


def _judge(fault: StorageFault, statements: Sequence[Statement], *, last: bool) -> None:
    """Raise what a failed batch means, unless it may simply be sent again."""
    if fault.driver_code == GUARD:
        clash = statements[int(fault.problem)].clash
        assert clash is not None, "only guarded statements are checked"
        raise clash.error() from None
    if fault.driver_code == SHORT:
        raise stock_short(fault) from None
    if last or fault.driver_code not in RETRIED:
        raise fault


def _for(tenant: TenantId) -> Statement:
    return Statement(sql=_TENANT, values=(tenant,))


def _merged(statements: Sequence[Statement]) -> list[Statement]:
    """Return the batch as one statement, followed by those that have to look at its result."""
    together = [statement for statement in statements if not statement.after]
    later = [statement for statement in statements if statement.after]
    if not together:
        return later
    guards = tuple(
        statement.rows if statement.clash is not None and not statement.after else None
        for statement in statements
    )
    texts = tuple(None if statement.after else statement.sql for statement in statements)
    values = tuple(value for statement in together for value in statement.values)
    return [Statement(sql=_merged_sql(texts, guards), values=values), *later]


@lru_cache(maxsize=512)
def _merged_sql(texts: tuple[str | None, ...], guards: tuple[int | None, ...]) -> str:
    """Return one data-modifying statement whose guards name the place of the part that failed."""
    parts = [(place, sql) for place, sql in enumerate(texts) if sql is not None]
    steps = ", ".join(f"s{place} AS ({sql} RETURNING 1)" for place, sql in parts)
    checks = [
        f"ordercore_expect((SELECT count(*) FROM s{place}), {rows}, {place})"
        for place, rows in enumerate(guards)
        if rows is not None
    ]
    return f"WITH {steps} SELECT {', '.join(checks) or '1'}"
