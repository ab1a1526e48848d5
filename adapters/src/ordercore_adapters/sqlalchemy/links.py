"""Connections: the only module with a blocking and an async form of anything.

SQLAlchemy makes the connections and keeps them in its pool; the statements go to the driver as they
are, since building them anew for each call costs more than running them. The blocking form never
suspends, so either face of the library may drive it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from ordercore_adapters.sqlalchemy.faults import StorageFault, StorageRefused
from ordercore_adapters.sqlalchemy.statement import Answer, Statement

if TYPE_CHECKING:  # needs an extra that blocking hosts do without
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = [
    "AsyncLinker",
    "AsyncPostgres",
    "AsyncSqlite",
    "BlockingLinker",
    "BlockingPostgres",
    "BlockingSqlite",
    "Link",
    "Linker",
]

_TOO_LARGE = "54"  # SQLSTATE class 54, program limit exceeded: a key that fits no index


class Link(Protocol):
    """One connection, for a while."""

    async def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements in order; with PostgreSQL in one round trip and one transaction.

        Raises:
            StorageFault: the database refused one of them or cannot be reached.
        """
        ...

    def sound(self) -> bool:
        """Return whether the next one may have the connection."""
        ...


class Linker(Protocol):
    """Hands out connections."""

    def link(self) -> AbstractAsyncContextManager[Link]:
        """Lend a connection; one that broke is not lent again."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...

    async def close(self) -> None:
        """Close every connection, one that is lent as soon as it comes back."""
        ...


class BlockingSqlite:
    """A connection of the standard library's driver."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    async def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements one after the other."""
        try:
            return [_answer(self._driver.execute(s.sql, s.values)) for s in statements]
        except sqlite3.Error as error:
            raise _sqlite_fault(error) from None

    def sound(self) -> bool:
        """Return whether no transaction was left open."""
        return not self._driver.in_transaction


class AsyncSqlite(BlockingSqlite):
    """A connection of aiosqlite, which has a thread of its own."""

    async def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements one after the other."""
        answers = []
        try:
            for statement in statements:
                async with self._driver.execute(statement.sql, statement.values) as cursor:
                    rows = list(await cursor.fetchall()) if cursor.description else []
                    answers.append(Answer(rows, len(rows) if rows else cursor.rowcount))
        except sqlite3.Error as error:
            raise _sqlite_fault(error) from None
        return answers


class BlockingPostgres:
    """A connection of psycopg, given up after a fault.

    Of statements that were skipped behind a failed one psycopg takes some for prepared, and would
    fail with each of them for as long as the connection lives.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._failed = False

    async def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements in one round trip."""
        with self._remembered_faults():
            if len(statements) == 1:
                return [_answer(self._driver.execute(*_native(statements[0])))]
            cursors, first = [], _FirstFault()
            with first.told(), self._driver.pipeline(), first.kept():
                cursors += [self._driver.execute(*_native(s)) for s in statements]
            return [_answer(cursor) for cursor in cursors]

    def sound(self) -> bool:
        """Return whether the connection stands and no transaction was left open."""
        if self._failed or self._driver.closed:
            return False
        return bool(self._driver.info.transaction_status == 0)

    @contextmanager
    def _remembered_faults(self) -> Iterator[None]:
        try:
            with _named_faults():
                yield
        except StorageFault:
            self._failed = True
            raise


class AsyncPostgres(BlockingPostgres):
    """An async connection of psycopg."""

    async def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements in one round trip."""
        with self._remembered_faults():
            if len(statements) == 1:
                return [await _answer_later(await self._driver.execute(*_native(statements[0])))]
            cursors, first = [], _FirstFault()
            with first.told():
                async with self._driver.pipeline():
                    with first.kept():
                        cursors += [await self._driver.execute(*_native(s)) for s in statements]
            return [await _answer_later(cursor) for cursor in cursors]


class BlockingLinker:
    """Lends connections to callers that may wait."""

    def __init__(self, engine: sa.Engine, make: Callable[[Any], Link]) -> None:
        self._engine = engine
        self._make = make

    @asynccontextmanager
    async def link(self) -> AsyncIterator[Link]:
        """Lend a connection."""
        pool = self._engine.pool
        try:
            lent = self._engine.raw_connection()
        except sa.exc.SQLAlchemyError as error:
            raise _connect_fault(error) from None
        link = self._make(lent.driver_connection)
        try:
            yield link
        finally:
            if not link.sound() or self._engine.pool is not pool:
                lent.invalidate()
            lent.close()

    async def pause(self, seconds: float) -> None:
        """Wait without suspending."""
        time.sleep(seconds)

    async def close(self) -> None:
        """Close every connection, one that is lent as soon as it comes back."""
        self._engine.dispose()  # and begin a new pool


class AsyncLinker:
    """Lends connections to callers that await."""

    def __init__(self, engine: AsyncEngine, make: Callable[[Any], Link]) -> None:
        self._engine = engine
        self._make = make

    @asynccontextmanager
    async def link(self) -> AsyncIterator[Link]:
        """Lend a connection."""
        pool = self._engine.pool
        try:
            lent = await self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            raise _connect_fault(error) from None
        finished = False
        try:
            link = self._make((await lent.get_raw_connection()).driver_connection)
            try:
                yield link
                finished = True
            except Exception:
                finished = True
                raise
        finally:
            # Cancelled in the middle of a statement: nobody knows what the driver still does.
            if not finished or not link.sound() or self._engine.pool is not pool:
                await lent.invalidate()
            await lent.close()

    async def pause(self, seconds: float) -> None:
        """Let others run."""
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Close every connection, one that is lent as soon as it comes back."""
        await self._engine.dispose()  # and begin a new pool


def _answer(cursor: Any) -> Answer:
    rows = cursor.fetchall() if cursor.description else []
    return Answer(rows, len(rows) if rows else cursor.rowcount)


async def _answer_later(cursor: Any) -> Answer:
    rows = await cursor.fetchall() if cursor.description else []
    return Answer(rows, len(rows) if rows else cursor.rowcount)


def _native(statement: Statement) -> tuple[str, tuple[object, ...]]:
    return _psycopg_text(statement.sql), statement.values


@lru_cache(maxsize=2048)
def _psycopg_text(sql: str) -> str:
    return sql.replace("?", "%s")  # no text of this adapter has a literal of either kind


def _sqlite_fault(error: sqlite3.Error) -> StorageFault:
    never = isinstance(error, (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError))
    fault = StorageRefused if never else StorageFault
    return fault(problem=str(error), driver_code=getattr(error, "sqlite_errorname", ""))


def _connect_fault(error: sa.exc.SQLAlchemyError) -> StorageFault:
    cause = getattr(error, "orig", None) or error
    return StorageFault(problem=str(cause).splitlines()[0])


class _FirstFault:
    """Keeps a statement's fault until its pipeline is closed, and raises it then.

    An answer may arrive while later statements are still being sent. Raised in the middle of the
    pipeline, it would make psycopg log a warning about those that were skipped behind it; but a
    lost race is everyday business here, and the fault itself says all there is to say.
    """

    def __init__(self) -> None:
        self._fault: Exception | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Stop sending at the first fault."""
        import psycopg  # noqa: PLC0415 - as below

        try:
            yield
        except psycopg.Error as fault:
            self._fault = fault

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise the first fault, in place of what closing the pipeline has to say."""
        import psycopg  # noqa: PLC0415 - as below

        try:
            yield
        except psycopg.Error as fault:
            raise self._fault or fault from None
        if self._fault is not None:
            raise self._fault


@contextmanager
def _named_faults() -> Iterator[None]:
    """Turn the driver's errors, whose details may quote rows, into faults that do not."""
    import psycopg  # noqa: PLC0415 - hosts with SQLite do not have it; by now it is loaded

    try:
        yield
    except psycopg.Error as error:
        problem = error.diag.message_primary or str(error).partition("\n")[0]
        code = error.sqlstate or ""
        never = isinstance(error, (psycopg.DataError, psycopg.IntegrityError))
        fault = StorageRefused if never or code.startswith(_TOO_LARGE) else StorageFault
        raise fault(problem=problem, driver_code=code) from None
