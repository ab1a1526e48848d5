"""Sagas as workflows on a real server: the same outcomes as on the embedded runner."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    CancelOrder,
    CloseDeadLetter,
    ListDeadLetters,
    RedeliverCredentials,
    ReportProvisioning,
)
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Accepted, Failed, Policy, Rejected, call_key
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports, ProvisionOutcome, ProvisionRequest
from ordercore.testing.builders import a_database, a_vps
from ordercore_adapters import temporal
from tests.adapters.temporal_shop import (
    CUSTOMER,
    OPERATOR,
    SYSTEM,
    TENANT,
    OpenShop,
    kinds,
    shops,
)
from tests.unit.app.providers import SECRET, Lost

pytestmark = pytest.mark.slow

BUSY = Failed(code="busy", reason="try later")
NEVER = Rejected(code="no-capacity", reason="sold out")


@pytest.fixture
async def open_shop(temporal_address: str) -> OpenShop:
    """Return a maker of shops."""
    return await shops(temporal_address)


def item_states(order: Order) -> list[str]:
    """Return the state of each item, in order."""
    return [item.state.value for item in order.items]


# -- how it ends ---------------------------------------------------------------------------------


async def test_an_order_is_fulfilled_by_a_workflow(open_shop: OpenShop) -> None:
    """Its type names the definition, its id is the saga's, and nothing secret is in its history."""
    shop = open_shop()
    async with shop.open():
        order = await shop.paid(a_vps(), a_database())
        done = await shop.reaches(order, "fulfilled")
        assert await shop.settled(order) == "done"
    assert item_states(done) == ["active", "active"]
    handle = await shop.workflow(order)
    description = await handle.describe()
    assert (handle.id, description.workflow_type) == (done.sagas[0].id, "ordercore.fulfilment.v1")
    (mail,) = shop.post.mails.values()
    assert SECRET in repr([credentials.values for credentials in mail.values()])


@pytest.mark.parametrize(
    ("policy", "state", "items"),
    [
        (Policy.KEEP_ACTIVE_ITEMS, "fulfilled", ["active", "rolled_back"]),
        (Policy.ALL_OR_NOTHING, "failed", ["rolled_back", "rolled_back"]),
    ],
)
async def test_an_item_that_cannot_be_built_is_taken_back(
    open_shop: OpenShop, policy: Policy, state: str, items: list[str]
) -> None:
    """Alone, or with all others, as the policy says; what was paid for it goes back."""
    shop = open_shop(policy=policy)
    shop.script.plan("provision 2", BUSY, NEVER)
    async with shop.open():
        order = await shop.paid(a_vps(), a_vps())
        ended = await shop.reaches(order, state)
        await shop.settled(order)
        ended = await shop.order(order)
    assert item_states(ended) == items
    lost = items.count("rolled_back")
    assert ended.balance.refunded == Money(1000 * lost, "EUR")
    verbs = [v.split()[0] for v in shop.script.verbs()]
    assert verbs.count("notify") == lost


async def test_a_lost_answer_is_looked_up(open_shop: OpenShop) -> None:
    """The effect is there, so it is found and not made again."""
    shop = open_shop()
    shop.script.plan("provision 1", Lost())
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    assert shop.script.verbs()[:2] == ["provision 1", "find"]
    assert shop.cloud.builds == 1


async def test_waiting_between_attempts_is_a_timer_of_the_server(open_shop: OpenShop) -> None:
    """The attempts are as far apart as the policy says."""
    shop = open_shop(delays_s=(1, 1))
    shop.script.plan("provision 1", BUSY, BUSY)
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    (history,) = await shop.histories(order)
    assert kinds(history).count("TIMER_FIRED") == 2
    first, second, third = shop.script.times("provision 1")
    assert min(second - first, third - second) >= timedelta(seconds=1)


async def test_a_step_that_an_operator_tries_again_gets_a_new_run(open_shop: OpenShop) -> None:
    """The delivery is parked and its workflow ends; the retry starts one under the same id."""
    shop = open_shop(delays_s=())
    shop.script.plan("deliver", BUSY)
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.settled(order)
        letters = await shop.handle(ListDeadLetters(caller=OPERATOR))
        assert not isinstance(letters, Refusal)
        (letter,) = letters
        before = await (await shop.workflow(order)).describe()
        await shop.handle(
            CloseDeadLetter(
                caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RETRIED, note="mended"
            )
        )
        await shop.called("deliver", 2)
        await shop.settled(order)
        after = await (await shop.workflow(order)).describe()
    assert (after.id, after.run_id == before.run_id) == (before.id, False)
    assert len(shop.post.mails) == 1


# -- news from outside ---------------------------------------------------------------------------


async def test_progress_tells_branches_phases_and_attempts(open_shop: OpenShop) -> None:
    """While a provider is at it, the query shows what the store holds."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        order, saga = await shop.waiting(items=2)
        assert [branch.key for branch in saga.branches] == ["1", "2", "order"]
        assert saga.branch("2").run(PROVISION).attempt == 1
        assert saga == await shop.ports.sagas.get(saga.tenant, saga.id)
        await (await shop.workflow(order)).terminate()


async def test_a_late_answer_is_taken_in_by_signal(open_shop: OpenShop) -> None:
    """What became of the attempt is looked up at once, not at the next look-up an hour away."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        order, saga = await shop.waiting()
        key = call_key(saga.id, "1", PROVISION, forward=True)
        handle = await shop.workflow(order)
        await handle.signal(temporal.REPORT, temporal.Report(key=key, attempt=7))
        await handle.signal(temporal.REPORT, temporal.Report(key="nobody's", attempt=1))
        assert await shop.progress(order) == saga
        shop.cloud.finish(key)
        await handle.signal(temporal.REPORT, temporal.Report(key=key, attempt=1))
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    assert len(shop.script.times("find")) == 1
    (history,) = await shop.histories(order)
    assert kinds(history).count("ACTIVITY_TASK_SCHEDULED") == 4  # read, build, look up, deliver


class Hesitant:
    """A provider that begins to build, and says so only when it is told to."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self.told = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Accept the request, and answer later."""
        outcome: ProvisionOutcome = await self._provider.provision(request)
        await self.told.wait()
        return outcome


async def test_a_report_may_be_faster_than_the_answer(open_shop: OpenShop) -> None:
    """It is kept until the call has ended; then the outcome is looked up at once."""
    hesitant: list[Hesitant] = []

    def hesitating(ports: Ports) -> Ports:
        hesitant.append(Hesitant(ports.provisioner))
        return evolve(ports, provisioner=hesitant[0])

    shop = open_shop(poll_s=3600, wrap=hesitating)
    shop.script.plan("provision 1", Accepted())
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.called("provision 1")
        saga = await shop.progress(order)
        key = call_key(saga.id, "1", PROVISION, forward=True)
        shop.cloud.finish(key)
        handle = await shop.workflow(order)
        await handle.signal(temporal.REPORT, temporal.Report(key=key, attempt=1))
        assert await shop.progress(order) == saga  # the report is there
        hesitant[0].told.set()
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
    assert shop.script.verbs() == ["provision 1", "find", "deliver"]


async def test_a_late_answer_may_be_stored_as_ever(open_shop: OpenShop) -> None:
    """The use case commits it; the bridge finds the work and wakes the workflow."""
    shop = open_shop(poll_s=3600)
    async with shop.open():
        order, saga = await shop.waiting()
        key = call_key(saga.id, "1", PROVISION, forward=True)
        shop.cloud.finish(key)
        outcome = await shop.cloud.find(TENANT, key)
        await shop.handle(
            ReportProvisioning(
                caller=SYSTEM, order_id=order.id, key=key, attempt=1, outcome=outcome
            )
        )
        await shop.reaches(order, "fulfilled")
        assert await shop.settled(order) == "done"
    assert len(shop.script.times("find")) == 1


async def test_a_workflow_notices_that_its_order_was_cancelled(open_shop: OpenShop) -> None:
    """Though it would wait ten minutes for a further attempt; what was paid goes back."""
    shop = open_shop(delays_s=(600,))
    shop.script.plan("provision 2", BUSY)
    async with shop.open():
        order = await shop.paid(a_vps(), a_vps())
        await shop.reaches(order, "partially_fulfilled")
        await shop.handle(CancelOrder(caller=CUSTOMER, order_id=order.id, reason="not needed"))
        assert await shop.settled(order) == "undone"
        gone = await shop.order(order)
    assert (gone.state, gone.balance.refunded) == ("cancelled", order.total)
    assert item_states(gone) == ["rolled_back", "rolled_back"]


async def test_sagas_that_are_not_configured_run_in_the_bridge(open_shop: OpenShop) -> None:
    """A redelivery is small; it needs no workflow, and no further worker either."""
    shop = open_shop()
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
        await shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id))
        await shop.called("deliver", 2)
        with pytest.raises(TimeoutError):
            await shop.workflow(order, patience_s=0.2)
    assert len((await shop.order(order)).sagas) == 2


async def test_every_saga_may_be_a_workflow(open_shop: OpenShop) -> None:
    """The redelivery too, when the settings name it; version 2 of a definition says so."""
    shop = open_shop(version=2, settings={"definitions": frozenset({"fulfilment", "redelivery"})})
    async with shop.open():
        order = await shop.paid(a_vps())
        await shop.reaches(order, "fulfilled")
        await shop.settled(order)
        await shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id))
        assert await shop.settled(order) == "done"
    types = [(await (await shop.workflow(order, i)).describe()).workflow_type for i in (0, 1)]
    assert types == ["ordercore.fulfilment.v2", "ordercore.redelivery.v1"]
