"""What goes wrong around workflows: faults, servers that are away, lost runs, long histories."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from ordercore.app import TAKEOVER, WorkOnce
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import Work, WorkKind
from ordercore.engine.saga import Failed, SagaStatus, call_key, next_due
from ordercore.kernel.errors import NotConfigured
from ordercore.kernel.ids import SagaId
from ordercore.ports import Batch, Mode, Ports, ProvisionOutcome, ProvisionRequest
from ordercore.testing.builders import a_vps
from ordercore_adapters import temporal
from tests.adapters.temporal_server import ADDRESS_VARIABLE
from tests.adapters.temporal_shop import (
    TENANT,
    OpenShop,
    eventually,
    shops,
)

pytestmark = pytest.mark.slow

BUSY = Failed(code="busy", reason="try later")
NOWHERE = "127.0.0.1:1"
RETRY = timedelta(seconds=5)


@pytest.fixture
async def open_shop(temporal_address: str) -> OpenShop:
    """Return a maker of shops."""
    return await shops(temporal_address)


class Moody:
    """A store that fails a few times under an activity."""

    def __init__(self, store: Any, *faults: Exception) -> None:
        self._store = store
        self._faults = list(faults)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def update(self, *args: Any) -> Any:
        """Fail as planned, then work."""
        if self._faults and activity.in_activity():
            raise self._faults.pop(0)
        return await self._store.update(*args)


@pytest.mark.parametrize(
    ("fault", "recorded"),
    [
        (ConnectionError("password=hunter2"), "ConnectionError"),
        (NotConfigured(port="mailer"), "not_configured"),
    ],
)
async def test_a_fault_is_waited_out_and_its_text_kept_out(
    open_shop: OpenShop, fault: Exception, recorded: str
) -> None:
    """An activity is tried again; of a foreign exception only the type is recorded."""
    shop = open_shop(wrap=lambda ports: evolve(ports, store=Moody(ports.store, fault)))
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    (history,) = await shop.histories(order)
    text = history.to_json()
    assert (recorded in text, "hunter2" in text) == (True, False)
    assert shop.cloud.builds == 1


class Away:
    """A client whose server has gone away."""

    async def start_workflow(self, *_args: Any, **_options: Any) -> None:
        """Fail as the library does."""
        raise RPCError("tcp connect error: password=hunter2", RPCStatusCode.UNAVAILABLE, b"")


@pytest.mark.parametrize("problem", ["unavailable", "cannot be reached"])
async def test_a_saga_waits_while_the_server_is_away(open_shop: OpenShop, problem: str) -> None:
    """It is not lost: its work comes due again, and it is started once the server is back."""
    shop = open_shop()
    shop.clock.ahead = -RETRY
    order = await shop.validated(a_vps())
    never = await temporal.connect(NOWHERE, lazy=True)
    client: Any = Away() if problem == "unavailable" else never
    lost = temporal.Bridge(client, shop.ports, shop.settings)
    with pytest.raises(temporal.WorkflowServerFault) as fault:
        await lost.once()
    assert fault.value.problem == problem
    assert await shop.bridge.once() is None
    shop.clock.ahead += RETRY
    async with shop.open():
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)


async def test_the_bridge_goes_on_after_a_fault(
    open_shop: OpenShop, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that is away is noted, without the text of the fault, and asked again."""
    shop = open_shop()
    await shop.validated(a_vps())
    client: Any = Away()
    running = asyncio.create_task(temporal.Bridge(client, shop.ports, shop.settings).run())

    async def noted() -> bool | None:
        shop.clock.ahead += RETRY
        return len(caplog.messages) >= 2 or None

    await eventually(noted)
    running.cancel()
    assert set(caplog.messages) == {"a saga has to wait: workflow_server_fault"}


async def test_a_workflow_that_was_lost_is_started_anew(open_shop: OpenShop) -> None:
    """The row that looks after it comes due; the new run goes on from the stored saga."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        order, saga = await shop.waiting()
        handle = await shop.workflow(order)
        lost = (await handle.describe()).run_id
        await handle.terminate()
        shop.clock.ahead += timedelta(hours=1) + TAKEOVER

        async def anew() -> bool | None:
            return (await handle.describe()).run_id != lost or None

        await eventually(anew)
        shop.clock.ahead = timedelta()
        key = call_key(saga.id, "1", PROVISION, forward=True)
        shop.cloud.finish(key)
        await handle.signal(temporal.REPORT, temporal.Report(key=key, attempt=1))
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    assert shop.cloud.builds == 1


async def test_the_embedded_runner_takes_sagas_back(open_shop: OpenShop) -> None:
    """Without the workflow's processes, an ordinary worker finishes what they began."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        order, saga = await shop.waiting()
        shop.cloud.finish(call_key(saga.id, "1", PROVISION, forward=True))
    shop.clock.ahead += timedelta(hours=1) + TAKEOVER
    while await shop.handle(WorkOnce()) is not None:
        pass
    assert (await shop.order(order)).state == "fulfilled"
    stored = await shop.ports.sagas.get(TENANT, saga.id)
    assert stored is not None
    assert stored.status is SagaStatus.DONE
    async with shop.open():  # the workflow of old finds nothing left to do
        await (await shop.workflow(order)).signal(temporal.REFRESH)
        await shop.settled(order)
    assert shop.cloud.builds == 1


async def test_a_saga_that_was_handed_over_is_looked_after(open_shop: OpenShop) -> None:
    """Its row comes due when the workflow has been silent for `TAKEOVER` after the next call."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        _, saga = await shop.waiting()
    woken = Work(kind=WorkKind.SAGA, subject=saga.id, due_at=shop.clock.now())
    await shop.ports.store.commit(Batch(tenant=TENANT, work=(woken,)))
    claim = await shop.bridge.once()
    assert claim is not None
    assert claim.subject == saga.id
    due = next_due(saga)
    assert due is not None
    assert await shop.ports.store.claim(WorkKind.SAGA, now=due + TAKEOVER / 2) == ()
    (again,) = await shop.ports.store.claim(WorkKind.SAGA, now=due + TAKEOVER)
    assert again.due_at == due + TAKEOVER


class Slow:
    """A provider that takes longer than the server waits for a sign of life."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Take a while, then build."""
        await asyncio.sleep(1.8)
        outcome: ProvisionOutcome = await self._provider.provision(request)
        return outcome


async def test_a_slow_call_is_not_taken_for_a_dead_one(open_shop: OpenShop) -> None:
    """The process tells that it lives, so the call is made once."""
    shop = open_shop(
        wrap=lambda ports: evolve(ports, provisioner=Slow(ports.provisioner)),
        settings={"heartbeat_s": 1},
    )
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    (history,) = await shop.histories(order)
    started = [event.activity_task_started_event_attributes for event in history.events]
    assert max(each.attempt for each in started) == 1


async def test_a_long_history_goes_on_in_a_new_run(open_shop: OpenShop) -> None:
    """Many items make many events; calls in hand end first, and none is made twice."""
    shop = open_shop()
    for number in range(1, 25):
        shop.script.plan(f"provision {number}", BUSY)
    async with shop.open():
        order = await shop.paid(*(a_vps() for _ in range(24)))
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    histories = await shop.histories(order)
    if ADDRESS_VARIABLE not in os.environ:  # a server of your own has another limit
        assert len(histories) > 1
    verbs = shop.script.verbs()
    assert (len(verbs), len(set(verbs))) == (49, 25)


async def test_a_workflow_of_nothing_fails(open_shop: OpenShop) -> None:
    """What was started by hand without a saga says so instead of waiting for ever."""
    shop = open_shop()
    async with shop.open():
        handle = await shop.client.start_workflow(
            "ordercore.fulfilment.v1",
            "no run",
            id=f"wrong-{shop.settings.task_queue}",
            task_queue=shop.settings.task_queue,
        )
        with pytest.raises(WorkflowFailureError) as failure:
            await handle.result()
    assert str(failure.value.cause) == "a saga's workflow takes one Run"


async def test_a_saga_that_a_reader_does_not_know_yet_is_asked_for_again(
    open_shop: OpenShop,
) -> None:
    """It may have been written a moment ago; meanwhile the query has nothing to tell."""
    shop = open_shop()
    async with shop.open():
        run = temporal.Run(tenant=TENANT, saga_id=SagaId(f"none-{shop.settings.task_queue}"))
        handle = await shop.client.start_workflow(
            "ordercore.fulfilment.v1",
            run,
            id=run.saga_id,
            task_queue=shop.settings.task_queue,
        )
        assert await handle.query(temporal.PROGRESS) is None
        failing = await _pending_fault(handle.describe)
        assert failing == "not_found"
        await handle.terminate()


async def test_a_host_may_run_worker_and_bridge_apart(open_shop: OpenShop) -> None:
    """The worker is an ordinary one, with the activities' names in their own space."""
    shop = open_shop()
    worker = temporal.make_worker(shop.client, shop.ports, shop.settings, identity="apart")
    assert isinstance(worker, Worker)
    assert worker.task_queue == shop.settings.task_queue
    assert worker.config()["identity"] == "apart"


class Together:
    """A provider that answers nobody until so many are asking at once."""

    def __init__(self, provider: Any, number: int) -> None:
        self._provider = provider
        self._all_here = threading.Barrier(number)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Wait for the others, blocking the thread, then build."""
        self._all_here.wait(timeout=10)
        outcome: ProvisionOutcome = await self._provider.provision(request)
        return outcome


async def test_a_blocking_bundle_is_called_in_as_many_threads_as_allowed(
    open_shop: OpenShop,
) -> None:
    """All items of an order at once; meanwhile the loop stays alive."""

    def blocking(ports: Ports) -> Ports:
        together = Together(ports.provisioner, 12)
        return evolve(ports, mode=Mode.BLOCKING, provisioner=together)

    shop = open_shop(wrap=blocking, settings={"calls_at_once": 12})
    async with shop.open():
        order = await shop.paid(*(a_vps() for _ in range(12)))
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    assert shop.cloud.builds == 12


async def _pending_fault(describe: Callable[[], Awaitable[Any]]) -> str:
    async with asyncio.timeout(10):
        while True:
            pending = (await describe()).raw_description.pending_activities
            if pending and pending[0].HasField("last_failure"):
                kind: str = pending[0].last_failure.application_failure_info.type
                return kind
            await asyncio.sleep(0.05)
