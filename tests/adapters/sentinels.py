"""What every story with secrets in its hands has in common; each is told by a process of its own.

What to hide comes in on standard input. Everything the library says goes to standard output, every
log record to standard error; what providers are handed goes into files.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from attrs import Factory, evolve, field, frozen

from ordercore.app import (
    Caller,
    GetOrder,
    ListDeadLetters,
    NextDue,
    OrderCore,
    OrderFeed,
    OrderHistory,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.orders import Order
from ordercore.kernel.ids import OrderId
from ordercore.ports import Outgoing, Ports
from ordercore.testing.builders import TENANT
from ordercore.testing.fakes import ManualClock
from ordercore_adapters.crypto import AesGcmSealer

__all__ = ["OPERATOR", "Host", "Publisher", "Sealer", "Telling", "told_here"]

OPERATOR = Caller.of(TENANT, "operator", role="operator")


@frozen(kw_only=True)
class Telling:
    """What a story is told with; each adds secrets of its own.

    Attributes:
        folder: Where files go.
        leaky: What is sealed is stored as it is, to see whether anybody notices.
        reference: Not a secret: an order's reference is stored and published.
        card: A card's number, which belongs nowhere.
        trouble: What exceptions of providers say.
    """

    url: str
    worker_url: str | None
    folder: str
    leaky: bool
    reference: str
    card: str
    trouble: str
    calls: Counter[str] = field(init=False, default=Factory(Counter))

    @property
    def complaint(self) -> str:
        """Return the words with which a provider fails."""
        return self.trouble

    def first(self, call: str) -> None:
        """Let the first call of each name end with words that nobody should repeat."""
        self.calls[call] += 1
        if self.calls[call] == 1:
            raise RuntimeError(self.complaint)

    def write(self, name: str, *told: object) -> None:
        """Keep what a provider was handed."""
        with (Path(self.folder) / name).open("a") as file:
            file.writelines(f"{each!r}\n{each}\n" for each in told)


class Publisher:
    """A broker that fails at first and keeps what it gets."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Send all."""
        self._telling.first("publish")
        self._telling.write("events", *events, *(event.envelope.data for event in events))
        return len(events)


class Sealer:
    """The real one; it fails at first as well, and can be made to seal nothing at all."""

    def __init__(self, telling: Telling, sealer: AesGcmSealer) -> None:
        self._telling = telling
        self._sealer = sealer

    async def seal(self, credentials: Credentials, **place: Any) -> SealedCredentials:
        """Seal."""
        self._telling.first("seal")
        sealed = await self._sealer.seal(credentials, **place)
        if self._telling.leaky:
            clear = json.dumps(dict(credentials.values)).encode()
            return evolve(sealed, ciphertext=clear)
        return sealed

    async def open(self, sealed: SealedCredentials) -> Credentials:
        """Open."""
        if self._telling.leaky:
            return Credentials(values=json.loads(sealed.ciphertext))
        return await self._sealer.open(sealed)


class Host:
    """A host that says aloud whatever it hears."""

    def __init__(self, ports: Ports, clock: ManualClock) -> None:
        self.ports = ports
        self.clock = clock
        self.core = OrderCore(ports)

    def say(self, *heard: object) -> None:
        """Repeat everything, in both of Python's ways."""
        for each in heard:
            print(repr(each), str(each))

    def work(self, within: timedelta) -> None:
        """Work until nothing more is due within a time from now."""
        until = self.clock.now() + within
        for _ in range(3000):
            claim = self.core.handle(WorkOnce())
            if claim is not None:
                self.say(claim)
                continue
            due = self.core.handle(NextDue())
            if due is None or due > until:
                return
            self.clock.set(max(due, self.clock.now()))
        raise AssertionError("no end in sight")

    def say_all(self, customer: Caller, orders: tuple[Order, ...]) -> None:
        """Repeat what anybody can learn of orders, of the work on them and of what went wrong."""
        letters = self.core.handle(ListDeadLetters(caller=OPERATOR, status=None))
        self.say(self.ports, *orders, letters)
        for order in orders:
            self.say(
                self.now(customer, order.id),
                *self.core.handle(OrderHistory(caller=OPERATOR, order_id=order.id)),
                *self.core.handle(OrderFeed(caller=customer, order_id=order.id)),
                *drive(self.ports.sagas.of_order(TENANT, order.id)),
            )

    def now(self, customer: Caller, order: OrderId) -> Order:
        """Return an order as it is now."""
        return self.core.handle(GetOrder(caller=customer, order_id=order))


_Telling = TypeVar("_Telling", bound=Telling)


def told_here(kind: type[_Telling], tell: Callable[[_Telling], None]) -> None:
    """Tell a story in this process, with what comes in on standard input."""
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    tell(kind(**json.load(sys.stdin)))
