"""A process is killed after an effect and before its answer; another one takes over."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ordercore.app import (
    Caller,
    ConfirmPayment,
    GetOrder,
    OrderCore,
    Placed,
    PlaceOrder,
    SubmitOrder,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.engine.messaging import WorkKind
from ordercore.testing.builders import a_database, a_vps, an_order_request
from ordercore_adapters import sqlalchemy
from ordercore_adapters.simulated import World
from ordercore_adapters.system import SystemIds
from tests.adapters.temporal_host import ports, providers

pytestmark = [pytest.mark.kill, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
LULL_S = 0.5
"""Lets the other item's call end: the server waits ten seconds for a decision that died halfway."""
CUSTOMER = Caller.of("tenant-a", "alice")
SYSTEM = Caller.of("tenant-a", "payments", role="system")
NOT_SAGAS = WorkOnce(kinds=(WorkKind.VALIDATION, WorkKind.STREAM))


@contextmanager
def host(address: str, queue: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that serves sagas, and kill it at the end."""
    command = [sys.executable, "-m", "tests.adapters.temporal_host", address, queue, str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until it is there, while the process lives."""
    until = time.monotonic() + PATIENCE_S
    while not there():
        assert process.poll() is None, "the process ended by itself"
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.05)


def paid(core: OrderCore, made: World) -> Order:
    """Return an order of two items that was paid and has passed its validation."""
    request = an_order_request(a_vps(), a_database())
    placed = core.handle(PlaceOrder(caller=CUSTOMER, request=request))
    assert isinstance(placed, Placed)
    order = placed.order
    core.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
    reference = made.gateway.pay("paid", order.tenant, order.reference, order.total)
    core.handle(
        ConfirmPayment(caller=SYSTEM, order_id=order.id, reference=reference, amount=order.total)
    )
    while core.handle(NOT_SAGAS) is not None:
        pass
    return order


@pytest.mark.parametrize(
    ("call", "sold_out", "state"),
    [("provision", False, "fulfilled"), ("refund", True, "failed")],
)
def test_no_effect_is_doubled_when_a_process_is_killed(
    temporal_address: str, tmp_path: Path, call: str, sold_out: bool, state: str
) -> None:
    """The call is made again under its key by the process that follows, and the books show one."""
    if sold_out:
        (tmp_path / "sold-out").touch()
    (tmp_path / call).touch()
    made = providers(tmp_path)
    bundle = ports(tmp_path, made)
    core, queue = OrderCore(bundle), f"queue-{SystemIds().new()}"
    order = paid(core, made)

    with host(temporal_address, queue, tmp_path) as first:
        wait_for((tmp_path / f"{call}.sprung").exists, first)
        time.sleep(LULL_S)
    with host(temporal_address, queue, tmp_path) as second:
        wait_for(lambda: _now(core, order).state == state, second)
        wait_for(lambda: bundle_is_idle(core), second)

    effects = {
        "provision": made.cloud.books.rows("SELECT key FROM resources WHERE state = 'live'"),
        "refund": made.gateway.books.rows("SELECT key FROM refunds"),
    }
    assert {name: len(rows) for name, rows in effects.items()} == {
        "provision": 0 if sold_out else 2,
        "refund": 2 if sold_out else 0,
    }
    books = made.cloud.books if call == "provision" else made.gateway.books
    calls = books.rows("SELECT max(attempt) FROM calls WHERE kind = ? GROUP BY key", (call,))
    assert sorted(calls) == [(1,), (2,)]
    refunded = _now(core, order).balance.refunded
    assert (refunded == order.total) == sold_out
    made.close()
    drive(sqlalchemy.close(bundle))


def _now(core: OrderCore, order: Order) -> Order:
    return core.handle(GetOrder(caller=CUSTOMER, order_id=order.id))


def bundle_is_idle(core: OrderCore) -> bool:
    """Return whether nothing is left to do but to publish."""
    while core.handle(NOT_SAGAS) is not None:
        pass
    return drive(core.ports.store.next_due()) is None
