"""A shop whose orders are in a SQLite file: for the commands that look into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ordercore.app import Caller, CheckOut, OrderCore, Placed, ReceiveStock, WorkOnce
from ordercore.domain.payments import PaymentToken
from ordercore.domain.processes.retail import Basket
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import memory, sqlalchemy
from tests.unit.app.retail_shop import RULES
from tests.unit.app.shop import OPERATOR, TENANT


def shop_in_a_file(
    path: Path,
    asked: Iterable[tuple[Basket, PaymentToken | None]],
    then: Callable[[OrderCore, Placed], object] = lambda core, placed: None,
) -> Path:
    """Check the baskets out, let workers do all there is to do, and return the file.

    Args:
        path: The file.
        asked: The baskets, and what each is paid by.
        then: What is done about each order before the workers do the rest.
    """
    ports = sqlalchemy.ports(
        f"sqlite:///{path}",
        clock=ManualClock(),
        retail=RULES,
        gateway=memory.InstantGateway(),
        warehouse=memory.InstantWarehouse(),
        carrier=memory.InstantCarrier(),
        letters=memory.CollectedLetters(),
        notifications=memory.CollectedNotifications(),
        publisher=memory.CollectedEvents(),
        sealer=memory.PlainlessSealer(),
    )
    alice = Caller.of(TENANT, "alice")
    with OrderCore(ports) as core:
        for sku in ("mug", "tea"):
            core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=20))
        for basket, token in asked:
            placed = core.handle(CheckOut(caller=alice, basket=basket, token=token))
            assert isinstance(placed, Placed)
            _work(core)
            then(core, placed)
        _work(core)
    return path


def _work(core: OrderCore) -> None:
    while core.handle(WorkOnce()) is not None:
        pass
