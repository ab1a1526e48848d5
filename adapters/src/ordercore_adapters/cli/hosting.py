"""Build what a command works with: a database, the simulated providers beside it, and the core.

Orders rest in the database; what the simulated cloud, gateway, broker and mailer did rests in files
of their own, in a folder beside it named after it (``ordercore.sqlite3`` has
``ordercore.providers``). For a database that is no file the folder is in the current one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attrs import frozen

from ordercore import Order, OrderCore
from ordercore.kernel.ids import derive_key
from ordercore_adapters.cli.faults import wrong_use

if TYPE_CHECKING:
    from ordercore import Ports
    from ordercore_adapters.simulated import World

__all__ = ["DEFAULT_DB", "Host", "open_host"]

DEFAULT_DB = "ordercore.sqlite3"
_MEMORY = "memory"
_SUFFIX = ".providers"
_ALLOWED = "a file, sqlite:///FILE, postgresql://USER@HOST/NAME, or memory"


@frozen(kw_only=True)
class Host:
    """The core over one database, and the world outside.

    Attributes:
        where: What to call the database before people; without any password.
    """

    core: OrderCore
    world: World
    where: str

    def pay(self, order: Order) -> str:
        """Pay the order's total as its customer would; return the payment's reference.

        The key follows from the order and from how often it was paid, so paying again after a crash
        finds the first payment, and an order that was restored is paid anew.
        """
        paid = sum(1 for entry in order.ledger if entry.kind == "confirmed")
        return self.world.gateway.pay(
            derive_key(order.tenant, order.id, "pay", str(paid)),
            order.tenant,
            order.reference,
            order.total,
        )


@contextmanager
def open_host(
    db: str, *, providers: Path | None = None, seed: int | None = None, create: bool = False
) -> Iterator[Host]:
    """Open the database and the providers, and close them afterwards.

    Args:
        db: A file, the address of a database, or ``memory``.
        providers: Another folder for the providers than the one beside the database.
        seed: Faults and virtual time by this seed; none of both without.
        create: Make a database file that is missing; otherwise a missing one is a mistake.

    Raises:
        CommandFault: the database is named in no way that is understood, or is not there.
    """
    from ordercore_adapters import memory
    from ordercore_adapters.simulated import world

    if not db.strip():
        raise wrong_use("unknown_database", "--db is empty", allowed=_ALLOWED)
    if db == _MEMORY:
        with TemporaryDirectory(prefix="ordercore-") as folder:
            made = world(providers or Path(folder) / "providers", seed=seed)
            try:
                bundle = memory.ports(**made.services())
                yield Host(core=OrderCore(bundle), world=made, where="memory (nothing is kept)")
            finally:
                made.close()
        return
    url, where, beside = _located(db)
    if not create and url.startswith("sqlite:") and not Path(where).is_file():
        raise wrong_use("no_database", f"there is no {where}; ordercore run makes one", db=where)
    made = world(providers or beside, seed=seed)
    try:
        with _stored(url, made) as bundle:
            yield Host(core=OrderCore(bundle), world=made, where=where)
    finally:
        made.close()


@contextmanager
def _stored(url: str, made: World) -> Iterator[Ports]:
    from ordercore_adapters import sqlalchemy as sql

    bundle = sql.ports(url, **made.services())
    try:
        yield bundle
    finally:
        closing = sql.close(bundle)
        try:
            closing.send(None)
        except StopIteration:
            pass
        finally:
            closing.close()


def _located(db: str) -> tuple[str, str, Path]:
    """Return the address, what to call it, and where the providers are."""
    scheme, colon, rest = db.partition("://")
    if not colon:
        path = Path(db)
        return f"sqlite:///{path}", str(path), path.with_suffix(_SUFFIX)
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        path = Path(rest[1:])
        return db, str(path), path.with_suffix(_SUFFIX)
    if scheme.partition("+")[0] == "postgresql":
        name = rest.partition("?")[0].rpartition("/")[2] or "ordercore"
        return db, f"PostgreSQL database {name}", Path(name).with_suffix(_SUFFIX)
    raise wrong_use("unknown_database", f"{scheme}:// is not known", allowed=_ALLOWED)
