"""All ports over one database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ordercore.ports import Clock, Ids, Mode, PasswordsPort, Ports, unconfigured
from ordercore_adapters.sqlalchemy.cache import ProcessCache
from ordercore_adapters.sqlalchemy.dead_letters import SqlDeadLetters
from ordercore_adapters.sqlalchemy.engines import async_linker, blocking_linker
from ordercore_adapters.sqlalchemy.executor import Executor, PostgresExecutor, SqliteExecutor
from ordercore_adapters.sqlalchemy.intake import SqlIdempotency, SqlInbox
from ordercore_adapters.sqlalchemy.links import Linker
from ordercore_adapters.sqlalchemy.orders import SqlOrders
from ordercore_adapters.sqlalchemy.read_models import SqlReadModels
from ordercore_adapters.sqlalchemy.roles import serves_every_queue
from ordercore_adapters.sqlalchemy.sagas import SqlSagas
from ordercore_adapters.sqlalchemy.schema import ensure
from ordercore_adapters.sqlalchemy.series import SqlNumbers
from ordercore_adapters.sqlalchemy.stock import SqlStock
from ordercore_adapters.sqlalchemy.store import SqlStore
from ordercore_adapters.sqlalchemy.sweeper import SqlSweeper
from ordercore_adapters.sqlalchemy.trail import SqlAudit, SqlOutbox
from ordercore_adapters.sqlalchemy.urls import is_sqlite
from ordercore_adapters.sqlalchemy.users import SqlUsers
from ordercore_adapters.sqlalchemy.vault import SqlVault
from ordercore_adapters.system import SystemClock, SystemIds

__all__ = ["async_ports", "close", "ports"]

_SERVICES = (
    "provisioner",
    "payments",
    "gateway",
    "capacity",
    "warehouse",
    "carrier",
    "letters",
    "notifications",
    "mailer",
    "sealer",
    "publisher",
)


def ports(
    url: str,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    migrate: bool = True,
    worker_url: str | None = None,
    passwords: PasswordsPort | None = None,
    **services: Any,
) -> Ports:
    """Return a bundle over a database, for the blocking face.

    Args:
        url: ``sqlite:///orders.db`` or ``postgresql+psycopg://...``.
        clock: What tells the time; the system's clock unless given.
        ids: Where ids and chance come from; the system unless given.
        migrate: Bring the tables up to date first, where that is needed.
        worker_url: PostgreSQL only: the login with which workers look for work of every tenant, see
            `ordercore_adapters.sqlalchemy.create_roles`. Not needed where ``url`` may do so itself.
        passwords: Hashes the passwords of accounts that are kept in the database too; without it
            there are none (``users`` may still be among the services).
        services: Any other port or attribute of `Ports`; those not given raise `NotConfigured` when
            they are used.

    Raises:
        InvalidInput: an address that is none.
        SchemaMismatch: the tables do not fit and may not, or cannot, be changed.
        StorageFault: the database cannot be reached.
    """
    ensure(url, may_migrate=migrate)
    linker, queue = blocking_linker(url), _queue(url, worker_url, blocking_linker)
    return _bundle(Mode.BLOCKING, url, linker, queue, clock, ids, passwords, services)


def async_ports(
    url: str,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    migrate: bool = True,
    worker_url: str | None = None,
    passwords: PasswordsPort | None = None,
    **services: Any,
) -> Ports:
    """Return a bundle over a database, for the async face; arguments and faults as for `ports`.

    Looking at the tables, and bringing them up to date, blocks: call it before the loop runs. The
    bundle belongs to the loop in which it is first used.
    """
    ensure(url, may_migrate=migrate)
    linker, queue = async_linker(url), _queue(url, worker_url, async_linker)
    return _bundle(Mode.ASYNC, url, linker, queue, clock, ids, passwords, services)


async def close(bundle: Ports) -> None:
    """Close every connection of a bundle, from a coroutine.

    With a core at hand `OrderCore.close` does the same without a loop, and `AsyncOrderCore.close`
    on one.
    """
    await bundle.close()


def _queue(url: str, worker_url: str | None, make: Callable[[str], Linker]) -> Linker | None:
    """Return connections that see every tenant's work; None where the usual ones do."""
    if is_sqlite(url):
        return None
    if worker_url is not None:
        return make(worker_url)
    return None if serves_every_queue(url) else unconfigured("worker_url")


def _bundle(
    mode: Mode,
    url: str,
    linker: Linker,
    queue: Linker | None,
    clock: Clock | None,
    ids: Ids | None,
    passwords: PasswordsPort | None,
    services: dict[str, Any],
) -> Ports:
    executor: Executor
    if is_sqlite(url):
        executor = SqliteExecutor(linker)
    else:
        executor = PostgresExecutor(linker, queue=queue or linker)
    clock = clock or SystemClock()
    made: dict[str, Any] = {
        "mode": mode,
        "store": SqlStore(executor, clock=clock),
        "orders": SqlOrders(executor),
        "sagas": SqlSagas(executor),
        "audit": SqlAudit(executor),
        "outbox": SqlOutbox(executor),
        "idempotency": SqlIdempotency(executor),
        "inbox": SqlInbox(executor),
        "sweeper": SqlSweeper(executor),
        "dead_letters": SqlDeadLetters(executor),
        "vault": SqlVault(executor),
        "numbers": SqlNumbers(executor),
        "read_models": SqlReadModels(executor),
        "stock": SqlStock(executor),
        "cache": ProcessCache(),
        "clock": clock,
        "ids": ids or SystemIds(),
        "close": executor.close,
        **{name: unconfigured(name) for name in _SERVICES},
    }
    if passwords is not None:
        made["users"] = SqlUsers(executor, passwords)
    return Ports(**{**made, **services})
