"""Status updates over every store: any order, any repeats, several at once, the same end (R4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercore.app import (
    OrderCore,
    OrderHistory,
    Placed,
    PlaceOrder,
    Updated,
    UpdateStatus,
    VerifyAudit,
)
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.kernel.ids import OrderId
from ordercore.ports import Ports
from ordercore.testing.builders import an_order_request
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.system import SystemIds
from tests.adapters.postgres_server import Database
from tests.unit.app.shop import CUSTOMER, OPERATOR

STEPS = ("pack", "load", "drive", "unload")
PLACES = ("draft", "packed", "loaded", "driven", "unloaded")
MOVING = PROVISIONING.extend(
    name="moving",
    states=PLACES[1:],
    terminal=("unloaded",),
    rows=tuple(
        row(step, PLACES[n], PLACES[n + 1], who=("operator",), emits=f"order.{PLACES[n + 1]}")
        for n, step in enumerate(STEPS)
    ),
)
"""Four updates that follow each other, from a state in which no process interferes."""

DELIVERIES = st.lists(st.integers(1, 3), min_size=4, max_size=4).flatmap(
    lambda copies: st.permutations([n for n in range(4) for _ in range(copies[n])])
)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def core(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OrderCore]:
    """Return a core over each store."""
    rules = ProvisioningRules(lifecycle=MOVING)
    ports: Ports
    if request.param == "memory":
        ports = memory.ports(provisioning=rules)
    elif request.param == "sqlite":
        ports = sqlalchemy.ports(f"sqlite:///{tmp_path / 'orders.db'}", provisioning=rules)
    else:
        database: Database = request.getfixturevalue("postgres")
        ports = sqlalchemy.ports(database.app, worker_url=database.worker, provisioning=rules)
    with ExitStack() as stack:
        yield stack.enter_context(OrderCore(ports))


def _placed(core: OrderCore) -> OrderId:
    request = an_order_request(reference=SystemIds().new())
    placed = core.handle(PlaceOrder(caller=CUSTOMER, request=request))
    assert isinstance(placed, Placed), placed
    return placed.order.id


def _delivered(core: OrderCore, order_id: OrderId, numbers: list[int]) -> list[str]:
    """Deliver updates as a broker would, those that are too early again; return what was news."""
    found, waiting = [], numbers
    for _ in range(200):
        again = []
        for n in waiting:
            answer = core.handle(UpdateStatus(caller=OPERATOR, order_id=order_id, trigger=STEPS[n]))
            if isinstance(answer, Updated):
                found += [STEPS[n]] if answer.news else []
            else:
                assert answer.code == "too_early", answer
                again.append(n)
        waiting = again
        if not waiting:
            return found
    raise AssertionError("too early for ever")


def _has_moved_once(core: OrderCore, order_id: OrderId) -> None:
    history = core.handle(OrderHistory(caller=OPERATOR, order_id=order_id))
    assert [record.trigger for record in history if record.trigger] == list(STEPS)
    assert core.handle(VerifyAudit(caller=OPERATOR, order_id=order_id)).whole


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(numbers=DELIVERIES)
def test_any_order_and_any_repeats_have_the_same_end(core: OrderCore, numbers: list[int]) -> None:
    """Each status is news once, in the order of the table."""
    order_id = _placed(core)
    assert _delivered(core, order_id, numbers) == list(STEPS)
    _has_moved_once(core, order_id)


def test_several_who_deliver_the_same_updates_at_once_have_the_same_end(core: OrderCore) -> None:
    """They queue up at the order: each status is news to one of them."""
    order_ids = [_placed(core) for _ in range(6)]
    news: dict[OrderId, list[str]] = {order_id: [] for order_id in order_ids}
    faults: list[Exception] = []

    def deliver(seed: int) -> None:
        try:
            for order_id in order_ids:
                numbers = [n for n in range(4) for _ in range(2)]
                Random(seed).shuffle(numbers)
                news[order_id] += _delivered(core, order_id, numbers)
        except Exception as fault:
            faults.append(fault)

    threads = [Thread(target=deliver, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    for order_id in order_ids:
        assert sorted(news[order_id]) == sorted(STEPS)
        _has_moved_once(core, order_id)
