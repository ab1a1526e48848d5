"""Memory runs out inside a port: a fault that is raised, with nothing half-written.

It is no answer of whoever was asked. Taken for one, it would put a saga into doubt about a call
that this process could not finish.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import Caller, MakeCall, SubmitOrder, WorkOnce
from ordercore.domain.orders import Order
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.engine.saga import calls_due
from ordercore.testing.builders import a_vps
from ordercore_adapters import memory
from tests.unit.app.shop import TENANT, Shop

Open = Callable[..., Shop]

RETRY = timedelta(minutes=1)


class Starved:
    """A port of which one method runs out of memory once, before or after its effect."""

    def __init__(self, port: Any, method: str, *, after: bool = False) -> None:
        self._port, self._method, self._after = port, method, after
        self.starved = False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if name != self._method or self.starved:
            return call

        async def starve(*args: Any, **kwargs: Any) -> Any:
            if self._after:
                await call(*args, **kwargs)
            self.starved = True
            raise MemoryError

        return starve


def starve(shop: Shop, port: str, method: str, *, after: bool = False) -> Starved:
    """Put a port that is short of memory in the place of a good one."""
    starved: Any = Starved(getattr(shop.ports, port), method, after=after)
    shop.ports = evolve(shop.ports, **{port: starved})
    assert isinstance(starved, Starved)
    return starved


def rows(shop: Shop) -> object:
    """Return a copy of all that is written for the tenant."""
    return deepcopy(shop.tables.of(TENANT))


def paid(shop: Shop) -> Order:
    """Return an order whose fulfilment is due next."""
    order = shop.paid(a_vps())
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    return order


def cancelled(shop: Shop) -> Order:
    """Return an order whose refund is due next."""
    return shop.cancel(shop.paid(a_vps()))


def provided(shop: Shop) -> Order:
    """Return an order whose delivery is due next."""
    order = paid(shop)
    starve(shop, "mailer", "deliver")
    with pytest.raises(MemoryError):
        shop.work()
    shop.clock.advance(RETRY)
    return order


@pytest.mark.parametrize(
    ("port", "method"), [("idempotency", "get"), ("orders", "get"), ("store", "commit")]
)
def test_a_use_case_writes_all_or_nothing(shop: Shop, port: str, method: str) -> None:
    """The caller gets the fault; the same request under the same key then goes through."""
    order = shop.place()
    caller = Caller.of(TENANT, "alice", idempotency_key="k-1")
    submit = SubmitOrder(caller=caller, order_id=order.id)
    before = rows(shop)
    starve(shop, port, method)
    with pytest.raises(MemoryError):
        shop.handle(submit)
    assert rows(shop) == before
    submitted = shop.handle(submit)
    assert isinstance(submitted, Order)
    assert submitted.state == "pending_payment"
    assert shop.violations(order.id) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("ready", "port", "method"),
    [
        (paid, "provisioner", "provision"),
        (paid, "sealer", "seal"),
        (cancelled, "payments", "refund"),
        (provided, "mailer", "deliver"),
        (provided, "sealer", "open"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_an_outside_call_is_made_again_under_its_key(
    shop: Shop, ready: Callable[[Shop], Order], port: str, method: str, *, after: bool
) -> None:
    """The saga waits for the same attempt as before, a minute later, and the effect counts once."""
    order = ready(shop)
    kept = deepcopy(shop.tables.of(TENANT).sagas)
    starved = starve(shop, port, method, after=after)
    with pytest.raises(MemoryError):
        shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    assert starved.starved
    assert shop.tables.of(TENANT).sagas == kept
    (saga,) = [state for state in kept.values() if calls_due(state, shop.clock.now())]
    assert shop.due()[saga.id] == shop.clock.now() + RETRY
    shop.run(until=shop.clock.now() + timedelta(hours=1))
    assert not [record for record in shop.history(order) if "unclear" in record.kind]
    assert shop.cloud.builds == (0 if ready is cancelled else 1)
    assert len(shop.bank.movements) == (1 if ready is cancelled else 0)
    assert shop.order(order).state == ("cancelled" if ready is cancelled else "fulfilled")
    assert shop.violations(order.id) == []


@pytest.mark.parametrize(
    ("ready", "port", "method", "kind"),
    [
        (lambda shop: shop.place(), "publisher", "publish", WorkKind.STREAM),
        (lambda shop: shop.paid(), "capacity", "live_facts", WorkKind.VALIDATION),
        (lambda shop: shop.place(), "store", "commit", WorkKind.STREAM),
        (lambda shop: shop.paid(), "store", "commit", WorkKind.VALIDATION),
        (paid, "store", "update", WorkKind.SAGA),
    ],
    ids=["publish", "live facts", "commit of a stream", "commit of a verdict", "update of a saga"],
)
def test_a_worker_raises_it_and_gives_the_work_back(
    shop: Shop, ready: Callable[[Shop], Order], port: str, method: str, kind: WorkKind
) -> None:
    """Nobody has to wait for the lease to run out; a minute later it is done."""
    order = ready(shop)
    starve(shop, port, method)
    with pytest.raises(MemoryError):
        shop.handle(WorkOnce(kinds=(kind,)))
    assert shop.clock.now() + RETRY in shop.due().values()
    assert shop.handle(WorkOnce(kinds=(kind,))) is None
    shop.clock.advance(RETRY)
    assert shop.handle(WorkOnce(kinds=(kind,))) is not None
    shop.run()
    assert shop.violations(order.id) == []


def test_where_the_lease_cannot_be_given_back_it_runs_out(shop: Shop) -> None:
    """So starved that nothing can be written any more: as good as dead, and taken over."""
    order = paid(shop)
    starve(shop, "provisioner", "provision")
    starve(shop, "store", "release")
    with pytest.raises(MemoryError):
        shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    shop.clock.advance(LEASE - timedelta(microseconds=1))
    assert shop.handle(WorkOnce(kinds=(WorkKind.SAGA,))) is None
    shop.clock.advance(timedelta(microseconds=1))
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_another_runner_of_sagas_is_told_and_finds_the_saga_as_it_was(shop: Shop) -> None:
    """It asks again when it thinks fit."""
    order = paid(shop)
    (saga,) = shop.tables.of(TENANT).sagas_in_order(order.id)
    (call,) = calls_due(saga, shop.clock.now())
    make = MakeCall(
        tenant=TENANT,
        saga_id=saga.id,
        branch=call.branch,
        step=call.step,
        attempt=call.attempt,
        wanted_at=shop.clock.now(),
    )
    starve(shop, "provisioner", "provision", after=True)
    with pytest.raises(MemoryError):
        shop.handle(make)
    assert shop.tables.of(TENANT).sagas_in_order(order.id) == (saga,)
    assert shop.handle(make).version > saga.version
    assert shop.cloud.builds == 1


def test_it_is_told_as_an_exception_of_ours(open_shop: Open) -> None:
    """Not as a call whose outcome nobody knows: the provider has nothing to do with it."""
    traces = memory.CollectedTraces()
    shop = open_shop(telemetry=traces)
    paid(shop)
    starve(shop, "provisioner", "provision")
    with pytest.raises(MemoryError):
        shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    (event,) = [event for event in traces.events if event.operation == "provision.do"]
    assert event.error is not None
    assert (event.error.kind, event.error.code) == ("unexpected", "MemoryError")
