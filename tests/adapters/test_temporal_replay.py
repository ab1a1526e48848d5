"""The workflow itself, without anybody who works for it: recorded and played histories."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from temporalio import activity
from temporalio.client import WorkflowHistory
from temporalio.worker import Worker

from ordercore.domain.processes import DELIVER, FULFILMENT, PROVISION
from ordercore.engine.saga import ORDER_BRANCH, Answer, SagaState, Succeeded, advance
from ordercore.testing.builders import a_vps
from ordercore_adapters import temporal
from ordercore_adapters.temporal.messages import LOAD_SAGA, MAKE_CALL
from tests.adapters.temporal_server import ADDRESS_VARIABLE, LONG_HISTORY
from tests.adapters.temporal_shop import TENANT, kinds, replay, shops

RECORDED = Path(__file__).parent / "temporal_histories"


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
async def test_todays_workflow_agrees_with_recorded_histories(path: Path) -> None:
    """Runs that began under an older release go on; `temporal workflow show` records another."""
    history = WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))
    await replay(history)


def test_the_recorded_histories_show_every_kind_of_event() -> None:
    """Calls in parallel, timers that fire and that are given up, both signals, a continuation."""
    seen: set[str] = set()
    for path in RECORDED.glob("*.json"):
        seen |= set(kinds(WorkflowHistory.from_json(path.stem, path.read_text("utf-8"))))
    wanted = {"TIMER_FIRED", "TIMER_CANCELED", "WORKFLOW_EXECUTION_CONTINUED_AS_NEW"}
    assert wanted <= seen
    text = "".join(path.read_text("utf-8") for path in RECORDED.glob("*.json"))
    assert '"signalName": "report"' in text


async def test_a_workflow_that_does_something_else_is_found() -> None:
    """A history in which another step was called does not replay."""
    path = sorted(RECORDED.glob("*.json"))[0]
    document = json.loads(path.read_text(encoding="utf-8"))
    for event in document["events"]:
        attributes = event.get("activityTaskScheduledEventAttributes")
        if attributes and attributes["activityType"]["name"] == "ordercore.make-call":
            attributes["activityType"]["name"] = "ordercore.something-else"
    history = WorkflowHistory.from_json(path.stem, document)
    with pytest.raises(Exception, match="ondeterminis"):
        await replay(history)


def recorded(saga: SagaState, branch: str, step: str) -> SagaState:
    """Return the saga after one more call was recorded as done."""
    answer = Answer(branch=branch, step=step, attempt=1, forward=True, outcome=Succeeded())
    after = advance(FULFILMENT, saga, answer, now=saga.started_at).state
    return evolve(after, version=saga.version + 1)


async def test_an_answer_that_comes_out_of_turn_turns_nothing_back(
    temporal_address: str,
) -> None:
    """Of two calls side by side the one recorded first is heard of last; neither is redone.

    The activities are played here, so that the order of the answers is certain.
    """
    shop = (await shops(temporal_address))()
    order = await shop.validated(a_vps(), a_vps())
    (began,) = await shop.ports.sagas.of_order(TENANT, order.id)
    one = recorded(began, "2", PROVISION)
    both = recorded(one, "1", PROVISION)
    all_done = recorded(both, ORDER_BRANCH, DELIVER)
    delivered = asyncio.Event()
    calls: list[str] = []

    @activity.defn(name=LOAD_SAGA)
    async def load(_run: temporal.Run) -> SagaState:
        return began

    @activity.defn(name=MAKE_CALL)
    async def call(wanted: temporal.CallWanted) -> SagaState:
        calls.append(wanted.branch)
        if wanted.branch == "2":
            await delivered.wait()
            await asyncio.sleep(0.3)
            return one
        if wanted.branch == "1":
            return both
        delivered.set()
        return all_done

    worker = Worker(
        shop.client,
        task_queue=shop.settings.task_queue,
        workflows=[temporal.SagaWorkflow],
        activities=[load, call],
    )
    async with worker, asyncio.timeout(10):
        await shop.bridge.once()
        assert await (await shop.workflow(order)).result() == "done"
    assert sorted(calls) == ["1", "2", ORDER_BRANCH]


async def test_a_run_that_has_become_long_begins_nothing_new(temporal_address: str) -> None:
    """It waits for the call in hand, though another is due by then, and hands over to the next.

    The activities are played here, so that the call in hand ends when the test says so.
    """
    shop = (await shops(temporal_address))()
    order = await shop.validated(a_vps(), a_vps())
    (began,) = await shop.ports.sagas.of_order(TENANT, order.id)
    run = evolve(began.branch("2").run(PROVISION), due_at=shop.clock.now() + timedelta(hours=1))
    told = [began.put(began.branch("2").put(run))]
    both = recorded(recorded(began, "2", PROVISION), "1", PROVISION)
    all_done = recorded(both, ORDER_BRANCH, DELIVER)
    end = asyncio.Event()
    loads, calls = 0, []

    @activity.defn(name=LOAD_SAGA)
    async def load(_run: temporal.Run) -> SagaState:
        nonlocal loads
        loads += 1
        return told[-1]

    @activity.defn(name=MAKE_CALL)
    async def call(wanted: temporal.CallWanted) -> SagaState:
        calls.append(wanted.branch)
        await end.wait()
        return all_done if wanted.branch == ORDER_BRANCH else both

    worker = Worker(
        shop.client,
        task_queue=shop.settings.task_queue,
        workflows=[temporal.SagaWorkflow],
        activities=[load, call],
    )
    async with worker, asyncio.timeout(20):
        await shop.bridge.once()
        workflow = await shop.workflow(order)
        for number in range(1, LONG_HISTORY // 5):
            while loads < number:
                await asyncio.sleep(0.01)
            if number == LONG_HISTORY // 5 - 1:
                told.append(began)  # now the other item is due as well
            await workflow.signal(temporal.REFRESH)
        await asyncio.sleep(0.3)
        told.append(all_done)
        end.set()
        assert await workflow.result() == "done"
    if ADDRESS_VARIABLE not in os.environ:  # a server of your own has another limit
        second, first = await shop.histories(order)
        assert calls == ["1"]
        assert not {"TIMER_FIRED", "WORKFLOW_TASK_FAILED"} & set(kinds(first))
        assert "ACTIVITY_TASK_STARTED" in kinds(second)
