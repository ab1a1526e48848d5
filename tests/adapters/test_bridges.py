"""The thread bridge: blocking ports under the async face."""

from __future__ import annotations

import asyncio
import threading
from inspect import iscoroutinefunction

import pytest
from attrs import evolve, fields

from ordercore import (
    AsyncOrderCore,
    Caller,
    CheckOut,
    GetOrder,
    ListOrders,
    Mode,
    Order,
    Placed,
    Ports,
    ReceiveStock,
    WorkOnce,
)
from ordercore.kernel.errors import Suspended, WrongFace
from ordercore.kernel.ids import TenantId
from ordercore_adapters import memory
from ordercore_adapters.bridges import offload
from tests.unit.app.retail_shop import RULES, TOKEN, a_basket
from tests.unit.app.shop import CUSTOMER, OPERATOR


def blocking_bundle() -> Ports:
    """A bundle that says it blocks."""
    return evolve(memory.ports(), mode=Mode.BLOCKING)


def test_the_async_face_refuses_a_blocking_bundle_and_takes_the_bridged_one() -> None:
    """Refused at construction; through the bridge the same use case works."""
    ports = blocking_bundle()
    with pytest.raises(WrongFace):
        AsyncOrderCore(ports)
    core = AsyncOrderCore(offload(ports))
    found = asyncio.run(core.handle(ListOrders(caller=Caller.of("tenant-a", "ada"))))
    assert found == ()


def test_port_calls_leave_the_loop_thread() -> None:
    """A port that blocks does not block the loop: it runs in another thread."""
    seen: list[int] = []

    class Watching:
        async def list(self, tenant: TenantId, **_: object) -> tuple[()]:
            seen.append(threading.get_ident())
            return ()

    ports = evolve(blocking_bundle(), orders=Watching())
    core = AsyncOrderCore(offload(ports))
    asyncio.run(core.handle(ListOrders(caller=Caller.of("tenant-a", "ada"))))
    assert len(seen) == 1
    assert seen[0] != threading.get_ident()


def test_connections_are_closed_through_the_bridge() -> None:
    """In a thread too: what blocks when it is used may block when it is closed."""
    closed: list[int] = []

    async def close() -> None:
        closed.append(threading.get_ident())

    core = AsyncOrderCore(offload(evolve(blocking_bundle(), close=close)))
    asyncio.run(core.close())
    assert len(closed) == 1
    assert closed[0] != threading.get_ident()


def test_a_port_that_really_suspends_is_refused() -> None:
    """The bridge is for ports that never suspend; another one fails with clear words."""

    class Suspending:
        async def list(self, tenant: TenantId, **_: object) -> tuple[()]:
            await asyncio.sleep(0)
            return ()

    ports = evolve(blocking_bundle(), orders=Suspending())
    core = AsyncOrderCore(offload(ports))
    with pytest.raises(Suspended, match="thread of the bridge"):
        asyncio.run(core.handle(ListOrders(caller=Caller.of("tenant-a", "ada"))))


def test_tables_are_no_ports() -> None:
    """Whatever has no coroutines goes through as it is; a table in a thread would be no table."""
    ports = evolve(blocking_bundle(), locks=memory.MemoryLocks())
    bridged = offload(ports)
    for each in fields(Ports):
        value = getattr(ports, each.name)
        waits = any(iscoroutinefunction(getattr(value, name)) for name in dir(value))
        if not waits and each.name not in _STANDS_IN:
            assert getattr(bridged, each.name) is value or each.name in ("mode", "close"), each.name
    with pytest.raises(TypeError, match="RetailRules"):
        evolve(ports, retail=object())


_STANDS_IN = ("lookups", "users", "rate_limits", "telemetry")
"""Ports without coroutines of their own: whatever is asked of them is refused, or at once."""


def test_goods_are_sold_through_the_bridge() -> None:
    """From the basket to the parcel, and the money is taken once."""
    gateway = memory.InstantGateway()
    core = AsyncOrderCore(offload(memory.ports(retail=RULES, gateway=gateway)))

    async def sell() -> Order:
        for sku in ("mug", "tea"):
            await core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=5))
        placed = await core.handle(CheckOut(caller=CUSTOMER, basket=a_basket(), token=TOKEN))
        assert isinstance(placed, Placed), placed
        while await core.handle(WorkOnce()) is not None:
            pass
        return await core.handle(GetOrder(caller=CUSTOMER, order_id=placed.order.id))

    order = asyncio.run(sell())
    assert order.state == "shipped"
    assert order.balance.captured == order.total
