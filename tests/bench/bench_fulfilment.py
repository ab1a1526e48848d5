"""A whole fulfilment on SQLite: from paid to delivered, against as many bare commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, cast

from attrs import evolve

from ordercore import (
    Caller,
    ConfirmPayment,
    OrderCore,
    Placed,
    PlaceOrder,
    Ports,
    SubmitOrder,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.engine.messaging import Claim, WorkKind
from ordercore.kernel.ids import OrderId
from ordercore.ports import Store
from ordercore.testing.builders import a_vps, an_order_request
from ordercore_adapters import memory
from ordercore_adapters import sqlalchemy as sql
from tests.bench.measure import compare_prepared

CUSTOMER = Caller.of("tenant-a", "ada")
GATEWAY = Caller.of("tenant-a", "gateway", role="system")
ORDERS = 20
numbers = count(1)


class _CountingStore:
    """Counts the transactions that wrote something."""

    def __init__(self, ports: Ports) -> None:
        self._store = ports.store
        self.transactions = 0

    async def claim(self, kind: WorkKind, **how: Any) -> tuple[Claim, ...]:
        """Claim, and count it if there was something to claim."""
        claims = await self._store.claim(kind, **how)
        self.transactions += bool(claims)
        return claims

    def __getattr__(self, name: str) -> object:
        self.transactions += name in ("commit", "update", "release")
        member: object = getattr(self._store, name)
        return member


def _paid(core: OrderCore) -> OrderId:
    request = an_order_request(a_vps(), a_vps(), a_vps(), reference=f"R-{next(numbers)}")
    placed = core.handle(PlaceOrder(caller=CUSTOMER, request=request))
    assert isinstance(placed, Placed)
    order = placed.order
    core.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
    core.handle(
        ConfirmPayment(
            caller=GATEWAY, order_id=order.id, reference=f"pay-{order.id}", amount=order.total
        )
    )
    return order.id


def _work_off(core: OrderCore) -> None:
    while core.handle(WorkOnce()) is not None:
        pass


def test_fulfilment(tmp_path: Path) -> None:
    """Three items provisioned, delivered, audited, published; the yardstick only commits rows."""
    services = memory.ports()
    ports = sql.ports(
        f"sqlite:///{tmp_path / 'orders.db'}",
        provisioner=services.provisioner,
        payments=services.payments,
        capacity=services.capacity,
        notifications=services.notifications,
        mailer=services.mailer,
        sealer=services.sealer,
        publisher=services.publisher,
    )
    core = OrderCore(ports)
    transactions = _transactions(ports)
    print(f"\none order of three items takes {transactions} transactions from paid to delivered")
    link = sqlite3.connect(tmp_path / "bare.db", isolation_level=None)
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("PRAGMA synchronous = FULL")
    link.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT)")

    def bare(_order: OrderId) -> None:
        for _ in range(transactions):
            link.execute("BEGIN IMMEDIATE")
            link.execute("INSERT INTO bare (body) VALUES (?)", ("x" * 500,))
            link.execute("COMMIT")

    variants: dict[str, Callable[[OrderId], object]] = {
        "as many bare commits of one row": bare,
        "ordercore: claim, call, record, publish": lambda _: _work_off(core),
    }  # the first piece works all of them off, so the sum over the pieces is what counts

    def prepare(amount: int) -> list[OrderId]:
        _work_off(core)  # what the other variant left waiting
        return [_paid(core) for _ in range(amount)]

    compare_prepared(
        "fulfil a paid order of three items on SQLite, FULL (bare commits = 1)",
        variants,
        prepare=prepare,
        pieces=ORDERS,
        goals={
            "saga-sqlite-limit": (
                "ordercore: claim, call, record, publish",
                "as many bare commits of one row",
            )
        },
    )
    link.close()
    drive(sql.close(ports))


def _transactions(ports: Ports) -> int:
    counting = _CountingStore(ports)
    core = OrderCore(evolve(ports, store=cast(Store, counting)))
    _paid(core)
    counting.transactions = 0
    _work_off(core)
    return counting.transactions
