"""Everybody who may learn that an order was paid, each as a process: all of them at once.

A customer comes back from the page, the provider sends its notice (twice), workers look it up, and,
where a test wants it so, the customer cancels at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from ordercore.app import (
    Caller,
    CancelOrder,
    CheckPayment,
    OrderCore,
    WorkOnce,
)
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.ids import OrderId
from ordercore.ports import PaymentNotice
from ordercore_adapters import sqlalchemy
from ordercore_adapters.simulated import FaultPlan, Rates, World, world
from ordercore_adapters.webhooks import WebhookSigner, WebhookVerifier
from tests.kill.campaign import FORKS
from tests.kill.clock import SharedClock
from tests.unit.app.retail_shop import RULES
from tests.unit.app.shop import TENANT

__all__ = [
    "CUSTOMER",
    "DEADLINE_S",
    "Market",
    "Party",
    "all_at_once",
    "cancels",
    "comes_back",
    "looks_up",
    "sends_notices",
]

CUSTOMER = Caller.of(TENANT, "alice")
DEADLINE_S = 120
_SYSTEM = Caller.of(TENANT, "gateway", role="system")
_SECRET = "whsec_" + "c2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz"
_ENOUGH = 5000


@frozen
class Market:
    """Where the parties meet: one database, one payment provider, one clock.

    Attributes:
        folder: The provider's books and the clock.
    """

    url: str
    worker_url: str | None
    folder: Path

    def clock(self) -> SharedClock:
        """Return the clock of all."""
        return SharedClock(self.folder / "clock")

    def world(self) -> World:
        """Return the providers; the first answer to an authorisation never arrives."""
        plan = FaultPlan(seed=1, rates={"authorise": Rates(lost_done=1000)})
        return world(self.folder / "world", faults=plan, clock=self.clock())

    def core(self, made: World) -> OrderCore:
        """Return a core of one's own."""
        return OrderCore(
            sqlalchemy.ports(self.url, worker_url=self.worker_url, retail=RULES, **made.services())
        )


Party = Callable[[OrderCore, World, list[OrderId]], None]


def comes_back(core: OrderCore, made: World, orders: list[OrderId]) -> None:
    """The customer is sent back from the page, and looks once more."""
    for order_id in orders:
        for _ in range(2):
            core.handle(CheckPayment(caller=CUSTOMER, order_id=order_id))


def sends_notices(core: OrderCore, made: World, orders: list[OrderId]) -> None:
    """The provider tells of everything that happened, and tells it twice."""
    signer = WebhookSigner(_SECRET)
    verifier = WebhookVerifier(_SECRET, clock=made.clock)
    while deliveries := made.gateway.webhooks.drain(signer.sign):
        for delivery in (*deliveries, *deliveries):
            notice = verifier.verify(delivery.headers, delivery.body)
            assert isinstance(notice, PaymentNotice), notice
            core.handle(CheckPayment(caller=_SYSTEM, order_id=notice.order_id))


def looks_up(core: OrderCore, made: World, orders: list[OrderId]) -> None:
    """A worker does what is due."""
    for _ in range(_ENOUGH):
        if core.handle(WorkOnce(kinds=(WorkKind.SAGA,))) is None:
            return
    raise AssertionError("work without end")


def cancels(core: OrderCore, made: World, orders: list[OrderId]) -> None:
    """The customer does not want any of it; what has left already cannot be stopped."""
    for order_id in orders:
        try:
            core.handle(CancelOrder(caller=CUSTOMER, order_id=order_id, reason="not needed"))
        except TransitionNotAllowed:
            continue


def all_at_once(market: Market, parties: list[Party], orders: list[OrderId]) -> list[str]:
    """Let every party loose at one moment, each in a process of its own; return their faults."""
    gate, said = FORKS.Barrier(len(parties)), FORKS.Queue()
    processes = [
        FORKS.Process(target=_take_part, args=(market, party, orders, n, gate, said), daemon=True)
        for n, party in enumerate(parties)
    ]
    for process in processes:
        process.start()
    try:
        faults = [said.get(timeout=DEADLINE_S) for _ in processes]
        for process in processes:
            process.join(DEADLINE_S)
    finally:
        for process in processes:
            process.kill()
    return [fault for fault in faults if fault]


def _take_part(
    market: Market, party: Party, orders: list[OrderId], number: int, gate: Any, said: Any
) -> None:
    made = market.world()
    mine = list(orders)
    Random(number // 2).shuffle(mine)  # two by two they come to the same order at the same time
    try:
        with market.core(made) as core:
            gate.wait(DEADLINE_S)
            party(core, made, mine)
        said.put("")
    except Exception as fault:
        gate.abort()
        said.put(f"{party.__name__}: {fault!r}")
    finally:
        made.close()
