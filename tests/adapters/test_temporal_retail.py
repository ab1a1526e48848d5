"""Orders of goods run as workflows too: the same tables of steps, and no code of their own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from attrs import evolve

from ordercore.app import (
    AsyncOrderCore,
    CheckOut,
    GetOrder,
    OrderHistory,
    Placed,
    ReceiveStock,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.engine.messaging import WorkKind
from ordercore.ports import CaptureRequest, GatewayOutcome
from ordercore.testing import laws
from ordercore_adapters import memory, temporal
from ordercore_adapters.system import SystemIds
from tests.adapters.temporal_shop import eventually
from tests.unit.app.retail_shop import RULES, TOKEN, a_basket
from tests.unit.app.shop import CUSTOMER, OPERATOR
from tests.unit.app.watched_locks import WatchedLocks

THE_REST = (WorkKind.STREAM, WorkKind.VALIDATION, WorkKind.TIMER)


async def test_an_order_of_goods_is_paid_packed_and_sent_by_workflows(
    temporal_address: str,
) -> None:
    """A card is charged at once, all that follows are workflows; money and trail are right."""
    client = await temporal.connect(temporal_address)
    core = AsyncOrderCore(memory.ports(retail=RULES))
    tasks = [
        asyncio.create_task(temporal.serve(client, core.ports, _settings())),
        asyncio.create_task(_embedded(core)),
    ]
    try:
        for sku in ("mug", "tea"):
            await core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=5))
        basket = evolve(a_basket(), customer="ann@example.org")
        placed = await core.handle(CheckOut(caller=CUSTOMER, basket=basket, token=TOKEN))
        assert isinstance(placed, Placed), placed
        order = await eventually(lambda: _shipped(core, placed.order))
        ends = {
            saga.definition: await _end(client, saga.id)
            for saga in order.sagas
            if saga.definition in ("retail-fulfilment", "retail-shipping")
        }
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    history = await core.handle(OrderHistory(caller=OPERATOR, order_id=order.id))
    assert ends == {"retail-fulfilment": "done", "retail-shipping": "done"}
    assert order.balance.captured == order.total
    assert laws.fold_equals_row(order, history) == []
    assert laws.ledger_never_overdrawn(order) == []


async def test_workflows_move_money_under_the_lock_and_wait_for_its_service(
    temporal_address: str,
) -> None:
    """While nobody can say who holds it the activity fails and is tried again; one capture."""
    client = await temporal.connect(temporal_address)
    locks, held = WatchedLocks(), set[int]()
    locks.away = {2, 3}  # the first is the customer's own

    class Gateway(memory.InstantGateway):
        """Notes how many locks are held when it is asked to take money."""

        async def capture(self, request: CaptureRequest) -> GatewayOutcome:
            """Take it."""
            held.add(len(locks.held))
            return await super().capture(request)

    gateway = Gateway()
    core = AsyncOrderCore(memory.ports(retail=RULES, gateway=gateway, locks=locks))
    tasks = [
        asyncio.create_task(temporal.serve(client, core.ports, _settings())),
        asyncio.create_task(_embedded(core)),
    ]
    try:
        for sku in ("mug", "tea"):
            await core.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=5))
        basket = evolve(a_basket(), customer="ann@example.org")
        placed = await core.handle(CheckOut(caller=CUSTOMER, basket=basket, token=TOKEN))
        assert isinstance(placed, Placed), placed
        await eventually(lambda: _shipped(core, placed.order))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert locks.asked > 3
    assert held == {1}
    assert len(gateway.captured) == 1
    assert locks.held == []


async def _shipped(core: AsyncOrderCore, order: Order) -> Order | None:
    now = await core.handle(GetOrder(caller=OPERATOR, order_id=order.id))
    return now if now.state == RetailState.SHIPPED else None


async def _end(client: Any, saga_id: str) -> str:
    handle = client.get_workflow_handle(saga_id, result_type=str)
    result: str = await asyncio.wait_for(handle.result(), timeout=15)
    return result


async def _embedded(core: AsyncOrderCore) -> None:
    while True:
        if await core.handle(WorkOnce(kinds=THE_REST)) is None:
            await asyncio.sleep(0.01)


def _settings() -> temporal.Settings:
    """Return what gives every saga of goods to workflows, on a queue of this test."""
    return temporal.Settings(
        definitions=frozenset(saga.name for saga in RULES.sagas),
        task_queue=f"queue-{SystemIds().new()}",
        heartbeat_s=2,
        pause=timedelta(milliseconds=10),
    )
