"""A shop whose sagas run as workflows: orders in memory, providers on a script, a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from ordercore.app import (
    AsyncOrderCore,
    Caller,
    ConfirmPayment,
    GetOrder,
    OrderHistory,
    Placed,
    PlaceOrder,
    SubmitOrder,
    UseCase,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.processes import FULFILMENT, PROVISION, REDELIVERY, REFUND, ItemRequest
from ordercore.domain.processes import ProvisioningRules as Rules
from ordercore.engine.messaging import WorkKind
from ordercore.engine.retry import Polling, RetryPolicy
from ordercore.engine.saga import Absent, Accepted, Phase, Policy, SagaDefinition, SagaState
from ordercore.kernel.ids import TenantId
from ordercore.ports import Mode, Ports, ProvisionOutcome, ProvisionRequest
from ordercore.testing import laws
from ordercore.testing.builders import a_vps, an_order_request
from ordercore_adapters import memory, temporal
from ordercore_adapters.system import SystemClock, SystemIds
from tests.unit.app.providers import SECRET, Bank, Broker, Cloud, Post, Script

R = TypeVar("R")

TENANT = TenantId("tenant-a")
CUSTOMER = Caller.of(TENANT, "alice")
OPERATOR = Caller.of(TENANT, "olga", role="operator")
SYSTEM = Caller.of(TENANT, "payments", role="system")
PATIENCE_S = 15


class MovableClock(SystemClock):
    """The computer's clock, put forward by as much as a test wishes."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return what it shows."""
        return super().now() + self.ahead


def rules(
    *,
    policy: Policy = Policy.KEEP_ACTIVE_ITEMS,
    delays_s: tuple[int, ...] = (0, 0),
    poll_s: int = 1,
    version: int = 1,
) -> Rules:
    """Return rules under which a saga tries quickly and gives up soon."""
    again = RetryPolicy(name="test", delays_s=delays_s)
    polling = Polling(first_s=poll_s)

    def quick(definition: SagaDefinition) -> SagaDefinition:
        steps = tuple(
            evolve(step, retry=again, undo_retry=again, polling=polling)
            for step in definition.steps
        )
        return evolve(definition, steps=steps)

    fulfilment = evolve(quick(FULFILMENT), policy=policy, version=version)
    return Rules(sagas=(fulfilment, quick(REFUND), quick(REDELIVERY)))


class SlowCloud(Cloud):
    """A cloud that may be at it for a while; `finish` brings what it has accepted to its end."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.begun: dict[str, ProvisionRequest] = {}

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build as planned, and keep what was accepted."""
        told = await super().provision(request)
        if isinstance(told, Accepted):
            self.begun[request.key] = request
        return told

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Look up in the books what was begun."""
        found = await super().find(tenant, key)
        return Accepted() if isinstance(found, Absent) and key in self.begun else found

    def finish(self, key: str) -> None:
        """Build what was accepted under ``key``."""
        self.built[TENANT, key] = self.begun[key]
        self.builds += 1


class Shop:
    """One bundle, one task queue, and short words for what tests do most."""

    def __init__(
        self,
        client: Client,
        *,
        rules: Rules,
        wrap: Callable[[Ports], Ports],
        **settings: Any,
    ) -> None:
        self.client = client
        self.clock = MovableClock()
        self.script = Script(self.clock)
        self.cloud, self.bank = SlowCloud(self.script), Bank(self.script)
        self.post, self.broker = Post(self.script), Broker()
        self.ports = wrap(
            memory.ports(
                clock=self.clock,
                provisioner=self.cloud,
                payments=self.bank,
                notifications=self.post,
                mailer=self.post,
                publisher=self.broker,
                provisioning=rules,
            )
        )
        pace: dict[str, Any] = {"pause": timedelta(milliseconds=10), "heartbeat_s": 2}
        queue = f"queue-{SystemIds().new()}"
        self.settings = temporal.Settings(task_queue=queue, **{**pace, **settings})
        self.bridge = temporal.Bridge(client, self.ports, self.settings)
        self._core = AsyncOrderCore(evolve(self.ports, mode=Mode.NEUTRAL))

    async def handle(self, use_case: UseCase[R]) -> R:
        """Carry out a use case."""
        return await self._core.handle(use_case)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve sagas, and let an embedded worker do the rest, until the block ends."""
        tasks = [
            asyncio.create_task(temporal.serve(self.client, self.ports, self.settings)),
            asyncio.create_task(self._embedded()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended

    async def _embedded(self) -> None:
        kinds = (WorkKind.STREAM, WorkKind.VALIDATION, WorkKind.TIMER)
        while True:
            if await self.handle(WorkOnce(kinds=kinds)) is None:
                await asyncio.sleep(0.01)

    # -- orders ----------------------------------------------------------------------------------

    async def paid(self, *items: ItemRequest) -> Order:
        """Place, submit and pay an order."""
        request = an_order_request(*items)
        placed = await self.handle(PlaceOrder(caller=CUSTOMER, request=request))
        assert isinstance(placed, Placed), placed
        order = placed.order
        await self.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
        paid = await self.handle(
            ConfirmPayment(caller=SYSTEM, order_id=order.id, reference="P1", amount=order.total)
        )
        assert isinstance(paid, Order), paid
        return paid

    async def validated(self, *items: ItemRequest) -> Order:
        """Take an order so far that its saga waits for somebody to run it."""
        order = await self.paid(*items)
        while await self.handle(WorkOnce(kinds=(WorkKind.VALIDATION,))) is not None:
            pass
        return order

    async def order(self, order: Order) -> Order:
        """Return it as it is now."""
        return await self.handle(GetOrder(caller=CUSTOMER, order_id=order.id))

    async def reaches(self, order: Order, state: str) -> Order:
        """Wait until the order is in ``state``."""

        async def there() -> Order | None:
            now = await self.order(order)
            return now if now.state == state else None

        return await eventually(there)

    async def waiting(self, *, items: int = 1) -> tuple[Order, SagaState]:
        """Return an order that a provider is at, and its saga; poll with an hour to wait."""
        for number in range(1, items + 1):
            self.script.plan(f"provision {number}", Accepted())
        order = await self.paid(*(a_vps() for _ in range(items)))

        async def there() -> SagaState | None:
            saga = await self.progress(order)
            phases = {branch.run(PROVISION).phase for branch in saga.item_branches}
            return saga if phases == {Phase.CHECKING} else None

        return order, await eventually(there)

    async def called(self, verb: str, times: int = 1) -> None:
        """Wait until a provider was called so many times."""

        async def there() -> bool | None:
            return len(self.script.times(verb)) >= times or None

        await eventually(there)

    # -- workflows -------------------------------------------------------------------------------

    async def workflow(
        self, order: Order, index: int = -1, *, patience_s: float = PATIENCE_S
    ) -> WorkflowHandle[Any, str]:
        """Return the workflow of one of the order's sagas, once it has been started."""

        async def there() -> WorkflowHandle[Any, str] | None:
            sagas = (await self.order(order)).sagas
            if not sagas:
                return None
            handle: WorkflowHandle[Any, str] = self.client.get_workflow_handle(
                sagas[index].id, result_type=str
            )
            try:
                await handle.describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None
            return handle

        return await eventually(there, patience_s)

    async def progress(self, order: Order) -> SagaState:
        """Return what the workflow tells about itself."""
        handle = await self.workflow(order)

        async def there() -> SagaState | None:
            told: SagaState | None = await handle.query(temporal.PROGRESS, result_type=SagaState)
            return told

        return await eventually(there)

    async def histories(self, order: Order) -> list[WorkflowHistory]:
        """Return what the server recorded of the newest saga: its last run first, then earlier."""
        handle = await self.workflow(order)
        found = [await handle.fetch_history()]
        while earlier := _continued(found[-1]):
            found.append(
                await self.client.get_workflow_handle(handle.id, run_id=earlier).fetch_history()
            )
        return found

    async def settled(self, order: Order) -> str:
        """Wait for the end of the newest saga, check every law, and return its status.

        Its histories are replayed, and searched for what must never be in them.
        """
        async with asyncio.timeout(PATIENCE_S):
            status = await (await self.workflow(order)).result()
        assert await self.violations(order) == []
        for history in await self.histories(order):
            await replay(history)
            assert SECRET.encode() not in b"".join(e.SerializeToString() for e in history.events)
        return status

    @property
    def tables(self) -> memory.Tables:
        """What the memory adapter holds."""
        tables = self.ports.sagas._tables  # type: ignore[attr-defined]
        assert isinstance(tables, memory.Tables)
        return tables

    async def violations(self, order: Order) -> list[str]:
        """Return every conservation law that the order breaks."""
        stored = await self.ports.orders.get(TENANT, order.id)
        assert stored is not None
        history = await self.handle(OrderHistory(caller=CUSTOMER, order_id=order.id))
        sagas = await self.ports.sagas.of_order(TENANT, order.id)
        rows = self.tables.work._rows.values()
        due = {subject: row.free_at for lane in rows for subject, row in lane.items()}
        sent = [e.envelope for e in self.broker.events if e.envelope.stream == order.id]
        live = self.cloud.live
        return [
            *laws.fold_equals_row(stored.order, history),
            *laws.audit_chain_whole(history, chain=stored.chain),
            *laws.ledger_never_overdrawn(stored.order),
            *laws.refunds_match_provider(stored.order, self.bank.paid_back(order.id), by_hand=()),
            *laws.resources_match_items(stored.order, live, by_hand=()),
            *laws.saga_has_a_timer(sagas, due),
            *laws.events_published_once(sent, history, complete=False),
        ]


def _continued(history: WorkflowHistory) -> str:
    started = history.events[0].workflow_execution_started_event_attributes
    return started.continued_execution_run_id


OpenShop = Callable[..., Shop]


async def shops(address: str) -> OpenShop:
    """Return a maker of shops on one server."""
    client = await temporal.connect(address)

    def make(
        *, wrap: Callable[[Ports], Ports] | None = None, settings: Any = None, **how: Any
    ) -> Shop:
        return Shop(client, rules=rules(**how), wrap=wrap or _plain, **(settings or {}))

    return make


def _plain(ports: Ports) -> Ports:
    return ports


def kinds(history: WorkflowHistory) -> list[str]:
    """Return the types of recorded events, in short."""
    names = [EventType.Name(event.event_type) for event in history.events]
    return [name.removeprefix("EVENT_TYPE_") for name in names]


async def eventually(ask: Callable[[], Awaitable[R | None]], patience_s: float = PATIENCE_S) -> R:
    """Ask until there is an answer."""
    async with asyncio.timeout(patience_s):
        while True:
            answer = await ask()
            if answer is not None:
                return answer
            await asyncio.sleep(0.02)


async def replay(history: WorkflowHistory) -> None:
    """Run today's workflow against a recorded history.

    Raises:
        Exception: it would do something else than it did then.
    """
    replayer = Replayer(workflows=[temporal.SagaWorkflow], data_converter=temporal.DATA_CONVERTER)
    await replayer.replay_workflow(history)
