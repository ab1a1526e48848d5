"""Build what a command works with: a database, the simulated providers beside it, and the core.

Orders rest in the database; what the simulated cloud, gateway, broker and mailer did rests in files
of their own, in a folder beside it named after it (``ordercore.sqlite3`` has
``ordercore.providers``). For a database that is no file the folder is in the current one. On
PostgreSQL the login with which workers see every tenant's work may be given in the environment, as
``ORDERCORE_WORKER_DB``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ordercore import Order, OrderCore
from ordercore.kernel.ids import derive_key
from ordercore_adapters.cli.faults import wrong_use
from ordercore_adapters.cli.world_note import WorldNote, read_note, write_note

if TYPE_CHECKING:
    from ordercore import Ports
    from ordercore.ports import Clock
    from ordercore_adapters.simulated import World

__all__ = ["DEFAULT_DB", "Host", "check_no_folder", "open_core", "open_host", "open_world"]

DEFAULT_DB = "ordercore.sqlite3"
_MEMORY = "memory"
_WORKER_DB = "ORDERCORE_WORKER_DB"
_SUFFIX = ".providers"
_ALLOWED = "a file, sqlite:///FILE, postgresql://USER@HOST/NAME, or memory"


@frozen(kw_only=True)
class Host:
    """The core over one database, and the world outside.

    Attributes:
        where: What to call the database before people; without any password.
        is_kept: Whether it is there when the command has ended.
    """

    core: OrderCore
    world: World
    where: str
    is_kept: bool

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
def open_host(db: str, *, providers: Path | None = None) -> Iterator[Host]:
    """Open a database that is there, in the world of its last run, and close it afterwards.

    Args:
        db: A file, the address of a database, or ``memory``.
        providers: Another folder for the providers than the one beside the database.

    Raises:
        CommandFault: the database is named in no way that is understood, or is not there.
    """
    place = _existing(db, providers)
    note = read_note(place.providers) if place.providers else None
    with _opened(place, seed=note.seed if note else None, note=note) as host:
        yield host


@contextmanager
def open_core(db: str, *, providers: Path | None = None) -> Iterator[OrderCore]:
    """Open a database that is there, only to look: nothing is written beside it.

    The providers stay away, so nobody needs to be able to write their books or read their keys; of
    their world only the time is kept.

    Args:
        db: As for `open_host`; likewise ``providers``.
        providers: As for `open_host`.

    Raises:
        CommandFault: the database is named in no way that is understood, or is not there.
    """
    from ordercore_adapters.simulated import EPOCH, VirtualClock
    from ordercore_adapters.system import SystemClock

    place = _existing(db, providers)
    note = read_note(place.providers) if place.providers else None
    clock: Clock = SystemClock()
    if note is not None and note.seed is not None:
        clock = VirtualClock(max(EPOCH, note.at))
    with _stored(place.url, {"clock": clock}) as bundle:
        yield OrderCore(bundle)


def check_no_folder(path: Path) -> None:
    """Raise when a folder is given where the file of a database is meant.

    Raises:
        CommandFault: it is one.
    """
    if path.is_dir():
        raise wrong_use("no_database", f"{path} is a folder, not a database file", db=str(path))


@contextmanager
def open_world(
    db: str, *, providers: Path | None = None, seed: int | None = None
) -> Iterator[Host]:
    """Open a database, made when it is missing, in a world that begins now.

    Args:
        db: As for `open_host`; likewise ``providers``.
        providers: As for `open_host`.
        seed: Faults and virtual time by this seed; none of both without.

    Raises:
        CommandFault: the database is named in no way that is understood.
    """
    place = _located(db, providers)
    note = read_note(place.providers) if place.providers else None
    with _opened(place, seed=seed, note=note) as host:
        yield host


@contextmanager
def _opened(place: _Place, *, seed: int | None, note: WorldNote | None) -> Iterator[Host]:
    from ordercore_adapters.simulated import VirtualClock, world

    with ExitStack() as stack:
        folder = place.providers
        if folder is None:
            made_up = stack.enter_context(TemporaryDirectory(prefix="ordercore-"))
            folder = Path(made_up) / "providers"
        made = world(folder, seed=seed)
        stack.callback(made.close)
        if note is not None and isinstance(made.clock, VirtualClock):
            made.clock.advance_to(note.at)
        bundle = stack.enter_context(_stored(place.url, made.services()))
        write_note(folder, WorldNote(seed=seed, at=made.clock.now()))
        kept = place.url is not None
        yield Host(core=OrderCore(bundle), world=made, where=place.where, is_kept=kept)
        write_note(folder, WorldNote(seed=seed, at=made.clock.now()))


@contextmanager
def _stored(url: str | None, services: dict[str, Any]) -> Iterator[Ports]:
    if url is None:
        from ordercore_adapters import memory

        yield memory.ports(**services)
        return
    from ordercore_adapters import sqlalchemy as sql

    bundle = sql.ports(url, worker_url=os.environ.get(_WORKER_DB), **services)
    try:
        yield bundle
    finally:
        OrderCore(bundle).close()


@frozen(kw_only=True)
class _Place:
    """Where things are.

    Attributes:
        url: Address of the database; None for memory.
        file: Its file, if it is one.
        where: What to call it before people; without any password.
        providers: Folder of the providers; None for one that is thrown away.
    """

    url: str | None
    file: Path | None = None
    where: str
    providers: Path | None


def _existing(db: str, providers: Path | None) -> _Place:
    place = _located(db, providers)
    if place.file is not None and not place.file.is_file():
        raise wrong_use(
            "no_database", f"there is no {place.where}; ordercore run makes one", db=place.where
        )
    return place


def _located(db: str, providers: Path | None) -> _Place:
    place = _named(db, providers)
    if place.file is not None:
        check_no_folder(place.file)
    folder = place.providers
    if folder is not None and folder.exists() and not folder.is_dir():
        about = f"{folder} is not a folder; the providers keep their books in one"
        raise wrong_use("no_folder", about, providers=str(folder))
    return place


def _named(db: str, providers: Path | None) -> _Place:
    if db == _MEMORY:
        return _Place(url=None, where="memory", providers=providers)
    scheme, separator, rest = db.partition("://")
    if separator and scheme.partition("+")[0] == "postgresql":
        name = rest.partition("?")[0].rpartition("/")[2] or "ordercore"
        folder = providers or _beside(Path(name))
        return _Place(url=db, where=f"PostgreSQL database {name}", providers=folder)
    if not separator:
        path = db
    elif scheme == "sqlite" and rest.startswith("/"):
        path = rest[1:]
    else:
        raise wrong_use("unknown_database", f"{scheme}:// is not known", allowed=_ALLOWED)
    if not path.strip() or "?" in path:
        raise wrong_use("unknown_database", f"{path!r} names no database file", allowed=_ALLOWED)
    file = Path(path)
    folder = providers or _beside(file)
    return _Place(url=f"sqlite:///{path}", file=file, where=path, providers=folder)


def _beside(file: Path) -> Path:
    """Return the folder named after ``file``; of a name that is none, the current one's."""
    return file.with_suffix(_SUFFIX) if file.name.strip(".") else Path(_SUFFIX)
