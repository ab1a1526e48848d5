"""All simulated providers in one folder: what an order can meet outside, ready to be passed on.

Without a seed nothing goes wrong and time is the computer's. With one, faults follow from the seed
and time is virtual: whoever drives the workers moves the clock to what is due next.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from ordercore.kernel.time import parse_instant
from ordercore.ports import Clock
from ordercore_adapters.crypto import AesGcmSealer, EncryptedMailer, Keyring, load_keyring
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.capacity import SimulatedCapacity
from ordercore_adapters.simulated.carrier import SimulatedCarrier
from ordercore_adapters.simulated.clock import VirtualClock
from ordercore_adapters.simulated.cloud import SimulatedCloud
from ordercore_adapters.simulated.events import SimulatedEvents
from ordercore_adapters.simulated.faults import FAULT_FREE, FaultPlan
from ordercore_adapters.simulated.gateway import SimulatedGateway
from ordercore_adapters.simulated.ids import SeededIds
from ordercore_adapters.simulated.messages import (
    SimulatedLetters,
    SimulatedMail,
    SimulatedNotifications,
)
from ordercore_adapters.simulated.warehouse import SimulatedWarehouse
from ordercore_adapters.system import SystemClock

__all__ = ["EPOCH", "Keeper", "World", "world"]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Where virtual time begins in a new folder."""


class Keeper(Protocol):
    """A provider that writes down what it did."""

    @property
    def books(self) -> Books:
        """What really happened."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@frozen(kw_only=True)
class World:
    """The simulated providers, and the folder they keep their books in.

    Attributes:
        ids: Ids that follow from the seed; None without a seed.
        letters: The mailer inside ``mailer``; redeems one-time links.
        post: The port ``letters``: what customers are told about their orders.
    """

    folder: Path
    clock: Clock
    ids: SeededIds | None
    cloud: SimulatedCloud
    gateway: SimulatedGateway
    capacity: SimulatedCapacity
    warehouse: SimulatedWarehouse
    carrier: SimulatedCarrier
    post: SimulatedLetters
    notifications: SimulatedNotifications
    mailer: SimulatedMail
    letters: EncryptedMailer
    events: SimulatedEvents
    sealer: AesGcmSealer

    def services(self) -> dict[str, Any]:
        """Return the providers by the names of the ports, to build a bundle with."""
        services: dict[str, Any] = {
            "clock": self.clock,
            "provisioner": self.cloud,
            "payments": self.gateway,
            "gateway": self.gateway,
            "capacity": self.capacity,
            "warehouse": self.warehouse,
            "carrier": self.carrier,
            "letters": self.post,
            "notifications": self.notifications,
            "mailer": self.mailer,
            "sealer": self.sealer,
            "publisher": self.events,
        }
        return services if self.ids is None else services | {"ids": self.ids}

    @property
    def keepers(self) -> tuple[Keeper, ...]:
        """The providers that keep books."""
        return (
            self.cloud,
            self.gateway,
            self.warehouse,
            self.carrier,
            self.post,
            self.notifications,
            self.mailer,
            self.events,
        )

    def close(self) -> None:
        """Bring the cloud's books up to date and let go of all files."""
        self.cloud.settle()
        for part in self.keepers:
            part.close()
        if self.ids is not None:
            self.ids.close()


def world(
    folder: Path,
    *,
    seed: int | None = None,
    faults: FaultPlan | None = None,
    clock: Clock | None = None,
    keyring: Keyring | None = None,
) -> World:
    """Return the simulated providers over ``folder``, made when missing.

    Args:
        folder: Where the books are; a later run with the same folder goes on from them.
        seed: Brings faults (the preset ``rough``), ids that can be repeated and virtual time.
        faults: Other faults than that.
        clock: Another clock than that.
        keyring: Seals credentials; from the environment or a file in the folder when not given.

    Raises:
        InvalidInput: the keyring's file or variable is malformed, or others may read the file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if faults is None:
        faults = FAULT_FREE if seed is None else FaultPlan.profile("rough", seed=seed)
    virtual = VirtualClock(EPOCH)
    if clock is None:
        clock = SystemClock() if seed is None else virtual
    keys = keyring or load_keyring(path=folder / "data-keys")
    letters = EncryptedMailer(folder / "mail", keys, clock)
    made = World(
        folder=folder,
        clock=clock,
        ids=None if seed is None else SeededIds(folder / "ids.sqlite3", seed=seed),
        cloud=SimulatedCloud(folder / "cloud.sqlite3", faults=faults, clock=clock),
        gateway=SimulatedGateway(folder / "gateway.sqlite3", faults=faults, clock=clock),
        capacity=SimulatedCapacity(faults=faults, clock=clock),
        warehouse=SimulatedWarehouse(folder / "warehouse.sqlite3", faults=faults, clock=clock),
        carrier=SimulatedCarrier(folder / "carrier.sqlite3", faults=faults, clock=clock),
        post=SimulatedLetters(folder / "letters.sqlite3", faults=faults, clock=clock),
        notifications=SimulatedNotifications(
            folder / "notifications.sqlite3", faults=faults, clock=clock
        ),
        mailer=SimulatedMail(letters, folder / "mail.sqlite3", faults=faults, clock=clock),
        letters=letters,
        events=SimulatedEvents(folder / "events.sqlite3", faults=faults, clock=clock),
        sealer=AesGcmSealer(keys),
    )
    for part in made.keepers:
        virtual.advance_to(_last_call(part.books))
    return made


def _last_call(books: Books) -> datetime:
    last = books.rows("SELECT max(at) FROM calls")[0][0]
    return parse_instant(str(last)) if last is not None else EPOCH
