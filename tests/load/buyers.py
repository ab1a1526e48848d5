"""Processes that buy the last units: they reserve, give back, give back twice, and ship."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Any

from attrs import evolve, field, frozen

from ordercore.domain.inventory import MoveKind, StockMove, line_moves
from ordercore.domain.orders import Order
from ordercore.kernel.errors import StockShort
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, OrderWrite, Ports
from ordercore.testing.builders import an_order, an_order_request
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, stored
from ordercore_adapters import sqlalchemy

__all__ = ["SKUS", "TENANT", "Address", "Tally", "buyer"]

TENANT = TenantId("tenant-1")
SKUS = tuple(f"SKU-{number}" for number in range(4))

Basket = dict[str, int]


@frozen
class Address:
    """Where the processes meet."""

    url: str
    worker_url: str | None = None

    def ports(self) -> Ports:
        """Return a bundle of one's own."""
        return sqlalchemy.ports(self.url, migrate=False, worker_url=self.worker_url)


@frozen
class Tally:
    """What one process says it has done.

    Attributes:
        orders: How many it has stored, each with its reservation.
        refused: How many purchases found too little.
        repeats: How many second releases of the same units were refused, which is all of them.
        held: Units its orders hold, by sku; ``shipped`` those that left.
        fault: What it could not explain; empty when all is well.
    """

    orders: int = 0
    refused: int = 0
    repeats: int = 0
    held: Counter[str] = field(factory=Counter)
    shipped: Counter[str] = field(factory=Counter)
    fault: str = ""


def buyer(address: Address, name: str, seconds: float, gate: Any, bought: Any, said: Any) -> None:
    """Buy for a while beside others, then, when nobody gives back any more, buy the rest."""
    try:
        one = _Buyer(address, name, bought)
        gate.wait()
        one.trade(seconds)
        gate.wait()
        said.put(one.buy_the_rest())
    except Exception as error:
        gate.abort()
        said.put(Tally(fault=f"{name}: {error!r}"))


class _Buyer:
    def __init__(self, address: Address, name: str, bought: Any) -> None:
        self._ports = address.ports()
        self._name = name
        self._random = Random(name)
        self._bought = bought
        request = an_order_request(reference="REF")
        self._order: Order = an_order(request, order_id=OrderId("o"), tenant=TENANT, at=AT)
        self._open: list[tuple[OrderId, Basket]] = []
        self._orders = self._refused = self._repeats = 0
        self._held, self._shipped = Counter[str](), Counter[str]()

    def trade(self, seconds: float) -> None:
        """Buy, cancel and ship at random until the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            what = self._random.random()
            if what < 0.6 or not self._open:
                self._buy(self._basket())
            elif what < 0.85:
                self._cancel()
            else:
                self._ship()
        if not self._repeats and self._open:  # a slow machine got nowhere near it by chance
            self._cancel()

    def buy_the_rest(self) -> Tally:
        """Buy one unit at a time until there is none of anything, and say what was done."""
        for sku in SKUS:
            while self._buy({sku: 1}):
                pass
        drive(self._ports.close())
        return Tally(
            orders=self._orders,
            refused=self._refused,
            repeats=self._repeats,
            held=self._held,
            shipped=self._shipped,
        )

    def _basket(self) -> Basket:
        wanted = self._random.sample(SKUS, self._random.randint(2, 4))
        return {sku: self._random.randint(1, 3) for sku in wanted}

    def _buy(self, basket: Basket) -> bool:
        """Store an order together with its reservation; say whether there was enough."""
        order_id = OrderId(f"{self._name}-{self._orders + self._refused}")
        order = evolve(self._order, id=order_id, reference=order_id)
        write = OrderWrite(stored=stored(order), read_version=None)
        # Line by line in the basket's own order, which is another one in each process.
        moves = tuple(
            StockMove(kind=MoveKind.RESERVE, sku=sku, quantity=units, order_id=order_id)
            for sku, units in basket.items()
        )
        try:
            drive(self._ports.store.commit(Batch(tenant=TENANT, orders=(write,), stock=moves)))
        except StockShort as short:
            if any(each.available >= each.requested for each in short.shortages):
                raise AssertionError(f"{order_id} was refused what there was: {short}") from None
            self._refused += 1
            return False
        self._orders += 1
        self._bought.value += 1
        self._open.append((order_id, basket))
        self._held.update(basket)
        return True

    def _cancel(self) -> None:
        order_id, basket = self._taken()
        self._move(MoveKind.RELEASE, order_id, basket)
        self._held.subtract(basket)
        if not self._repeats or self._random.random() < 0.3:
            try:
                self._move(MoveKind.RELEASE, order_id, basket)
            except StockShort:
                self._repeats += 1
            else:
                raise AssertionError(f"{order_id} gave back {basket} twice")

    def _ship(self) -> None:
        order_id, basket = self._taken()
        self._move(MoveKind.SHIP, order_id, basket)
        self._held.subtract(basket)
        self._shipped.update(basket)

    def _taken(self) -> tuple[OrderId, Basket]:
        return self._open.pop(self._random.randrange(len(self._open)))

    def _move(self, kind: MoveKind, order_id: OrderId, basket: Basket) -> None:
        moves = line_moves(kind, basket.items(), order_id=order_id)
        drive(self._ports.store.commit(Batch(tenant=TENANT, stock=moves)))
