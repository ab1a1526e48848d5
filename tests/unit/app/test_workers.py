"""Workers: one piece of work per call, leases, faults that are loud and hold nobody up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import ALL_WORK, AsyncOrderCore, WorkOnce
from ordercore.app._calls import make_call
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.domain.processes import FULFILMENT, REDELIVERY, REFUND, ProvisioningRules
from ordercore.engine.messaging import LEASE, Claim, Work, WorkKind
from ordercore.engine.saga import Accepted, Call, CallKind, Failed, SagaStatus
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    DefinitionError,
    NotConfigured,
    NotFound,
)
from ordercore.kernel.ids import TenantId
from ordercore.ports import Batch, unconfigured
from ordercore.testing.builders import a_vps
from tests.unit.app.shop import TENANT, Shop, fault_of

SAGA = (WorkKind.SAGA,)


def claim(shop: Shop, kind: WorkKind) -> Claim:
    """Take a piece of work away, as a worker that then dies would."""
    (taken,) = drive(shop.ports.store.claim(kind, now=shop.clock.now()))
    return taken


def ready(shop: Shop, *, items: int = 1, reference: str = "REF-1") -> Order:
    """Return an order whose fulfilment saga is due."""
    order = shop.paid(*[a_vps()] * items, reference=reference)
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    return shop.order(order)


def test_with_nothing_due_a_worker_says_so(shop: Shop) -> None:
    """And with something due it says what it was."""
    assert shop.handle(WorkOnce()) is None
    order = shop.place()
    done = shop.handle(WorkOnce())
    assert done is not None
    assert (done.kind, done.subject) == (WorkKind.STREAM, order.id)


def test_a_worker_does_only_the_kinds_it_was_asked_for(shop: Shop) -> None:
    """The rest stays for others."""
    shop.paid()
    assert shop.handle(WorkOnce(kinds=(WorkKind.TIMER,))) is None
    assert shop.handle(WorkOnce(kinds=())) is None
    assert {shop.handle(WorkOnce(kinds=(k,))).kind for k in ALL_WORK[:3:2]} == {  # type: ignore[union-attr]
        WorkKind.STREAM,
        WorkKind.VALIDATION,
    }


def test_a_worker_of_one_tenant_leaves_the_others_alone(shop: Shop) -> None:
    """Without a tenant it serves all."""
    shop.place()
    assert shop.handle(WorkOnce(tenant=TenantId("tenant-b"))) is None
    assert shop.handle(WorkOnce(tenant=TENANT)) is not None


def test_work_of_a_dead_worker_is_taken_over_when_its_lease_ends(shop: Shop) -> None:
    """Thirty seconds, and not before."""
    order = ready(shop)
    claim(shop, WorkKind.SAGA)
    shop.clock.advance(LEASE - timedelta(microseconds=1))
    assert shop.handle(WorkOnce(kinds=SAGA)) is None
    shop.clock.advance(timedelta(microseconds=1))
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.cloud.builds == 1


def test_a_worker_paused_beyond_its_lease_cannot_write_its_end(shop: Shop) -> None:
    """Another has taken over meanwhile; what the first one did is found by its key."""
    order = ready(shop)
    original = shop.cloud.provision

    async def slow(request: Any) -> Any:
        shop.cloud.provision = original  # type: ignore[method-assign]
        built = await original(request)
        shop.clock.advance(seconds=31)
        other = Shop()
        other.ports = shop.ports
        other.handle(WorkOnce(kinds=SAGA))
        return built

    shop.cloud.provision = slow  # type: ignore[method-assign]
    shop.handle(WorkOnce(kinds=SAGA))
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.cloud.builds == 1
    assert len(shop.post.mails) == 1
    assert shop.violations(order.id) == []


def test_a_worker_with_slow_calls_gives_the_rest_away_before_its_lease_ends(shop: Shop) -> None:
    """Half-way through: otherwise two workers would be making the same calls."""
    order = ready(shop, items=4)
    original = shop.cloud.provision

    async def slow(request: Any) -> Any:
        shop.clock.advance(seconds=10)
        return await original(request)

    shop.cloud.provision = slow  # type: ignore[method-assign]
    shop.handle(WorkOnce(kinds=SAGA))
    assert shop.cloud.builds == 2
    shop.handle(WorkOnce(kinds=SAGA))
    assert shop.cloud.builds == 4
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_two_workers_on_the_same_saga_build_nothing_twice() -> None:
    """Any number of them at the same moment: a piece of work is leased to one."""
    shop = Shop()
    orders = [ready(shop, items=3, reference=f"R{n}") for n in range(5)]
    core = AsyncOrderCore(shop.suspending())

    async def crew() -> None:
        async def worker() -> None:
            while await core.handle(WorkOnce()) is not None:
                pass

        await asyncio.gather(*(worker() for _ in range(6)))

    asyncio.run(crew())
    shop.run()
    assert shop.cloud.builds == 15
    assert len(shop.script.times("deliver")) == 5
    for order in orders:
        assert shop.order(order).state == "fulfilled"
        assert shop.violations(order.id) == []


def test_a_retry_timer_that_fires_twice_makes_one_call(shop: Shop) -> None:
    """The second worker finds nothing due any more."""
    order = ready(shop)
    shop.script.plan("provision 1", Failed(code="busy", reason="x"), Accepted())
    shop.handle(WorkOnce(kinds=SAGA))
    shop.clock.advance(seconds=2)
    work = Work(kind=WorkKind.SAGA, subject=order.sagas[0].id, due_at=shop.clock.now())
    shop.handle(WorkOnce(kinds=SAGA))
    drive(shop.ports.store.commit(Batch(tenant=TENANT, work=(work,))))
    shop.handle(WorkOnce(kinds=SAGA))
    assert len(shop.script.times("provision 1")) == 2


def test_an_answer_is_worked_into_fresh_rows_when_the_order_moved_meanwhile(shop: Shop) -> None:
    """Cancelled during the call: the answer is not lost, and what was built goes down."""
    order = ready(shop)
    original = shop.cloud.provision

    async def meanwhile(request: Any) -> Any:
        built = await original(request)
        other = Shop()
        other.ports = shop.ports
        other.cancel(order)
        return built

    shop.cloud.provision = meanwhile  # type: ignore[method-assign]
    shop.handle(WorkOnce(kinds=SAGA))
    shop.cloud.provision = original  # type: ignore[method-assign]
    shop.run()
    assert shop.order(order).state == "cancelled"
    assert shop.cloud.live == set()
    assert shop.violations(order.id) == []


def test_a_store_that_conflicts_is_left_alone_for_a_second(shop: Shop) -> None:
    """The work is put back, and done when the storm is over."""
    order = shop.paid()
    original, tries = shop.ports.store.commit, []

    async def stormy(batch: Batch) -> None:
        tries.append(batch)
        raise ConcurrencyConflict(kind="order", id=order.id, expected=1)

    shop.ports.store.commit = stormy  # type: ignore[method-assign]
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    shop.ports.store.commit = original  # type: ignore[method-assign]
    assert len(tries) == 1
    assert shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,))) is None
    shop.clock.advance(seconds=1)
    assert shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,))) is not None
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


# -- faults --------------------------------------------------------------------------------------


def test_a_saga_of_a_newer_release_is_a_loud_fault_that_holds_nobody_up(shop: Shop) -> None:
    """Put aside for a minute; the next call does the other order, and later this one too."""
    newer = evolve(FULFILMENT, version=2)
    shop.under(ProvisioningRules(sagas=(FULFILMENT, newer, REFUND, REDELIVERY)))
    first = ready(shop, reference="R1")
    shop.under(ProvisioningRules())
    second = ready(shop, reference="R2")

    faults = []
    for _ in range(2):
        try:
            shop.handle(WorkOnce(kinds=SAGA))
        except DefinitionError as fault:
            faults.append(str(fault))
    assert faults == ["sagas: there is no saga fulfilment version 2"]
    shop.run(until=shop.clock.now() + timedelta(seconds=59))
    assert (shop.order(first).state, shop.order(second).state) == ("provisioning", "fulfilled")

    shop.under(ProvisioningRules(sagas=(newer, FULFILMENT, REFUND, REDELIVERY)))
    shop.run()
    assert shop.order(first).state == "fulfilled"
    assert shop.violations(first.id) == []


@pytest.mark.parametrize("port", ["provisioner", "capacity", "publisher"])
def test_a_port_the_host_forgot_is_named_and_not_waited_for(shop: Shop, port: str) -> None:
    """It is a mistake in the setup, not a provider that is down."""
    order = shop.paid()
    whole = shop.ports
    changes: dict[str, Any] = {port: unconfigured(port)}
    shop.ports = evolve(whole, **changes)
    named = []
    for _ in range(10):
        try:
            shop.handle(WorkOnce())
        except NotConfigured as fault:
            named.append(fault.port)
    assert set(named) == {port}
    shop.ports = whole
    shop.clock.advance(minutes := timedelta(minutes=1))
    shop.run(until=shop.clock.now() + minutes)
    assert shop.order(order).state == "fulfilled"


def test_work_on_an_order_that_is_not_there_is_a_fault(shop: Shop) -> None:
    """A store that lost an order is not papered over."""
    shop.paid()
    shop.tables.of(TENANT).orders.clear()
    fault = fault_of(lambda: shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,))))
    assert isinstance(fault, NotFound)


def test_work_on_a_saga_that_is_not_there_is_a_fault(shop: Shop) -> None:
    """A reader may lag behind: dropping the work would lose a saga that was just begun."""
    work = Work(kind=WorkKind.SAGA, subject="nobody", due_at=shop.clock.now())
    drive(shop.ports.store.commit(Batch(tenant=TENANT, work=(work,))))
    assert isinstance(fault_of(lambda: shop.handle(WorkOnce())), NotFound)
    assert shop.next_due() == shop.clock.now() + timedelta(minutes=1)


def test_a_step_without_a_port_is_a_fault(shop: Shop) -> None:
    """A host that adds a step has to say who makes it."""
    order = ready(shop)
    call = Call(
        branch="1",
        step="paint",
        kind=CallKind.DO,
        forward=True,
        attempt=1,
        key="k",
        effect_key="k",
        memory=(),
        data=(),
    )
    fault = fault_of(lambda: drive(make_call(shop.ports, order, call)))
    assert isinstance(fault, DefinitionError)
    assert "paint" in str(fault)


# -- work that has become pointless --------------------------------------------------------------


def test_validation_of_an_order_that_moved_on_does_nothing(shop: Shop) -> None:
    """Cancelled, or its payment reverted, while the work was waiting."""
    order = shop.paid()
    work = Work(kind=WorkKind.VALIDATION, subject=order.id, due_at=shop.clock.now())
    shop.cancel(order)
    drive(shop.ports.store.commit(Batch(tenant=TENANT, work=(work,))))
    before = shop.order(order)
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    assert shop.order(order) == before
    assert shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,))) is None


def test_a_timer_that_comes_too_early_waits_for_its_time(shop: Shop) -> None:
    """Whoever scheduled it: the order says since when it is in its state."""
    order = shop.submit(shop.place())
    early = Work(kind=WorkKind.TIMER, subject=f"{order.id}/cancel", due_at=shop.clock.now())
    drive(shop.ports.store.commit(Batch(tenant=TENANT, work=(early,))))
    shop.handle(WorkOnce(kinds=(WorkKind.TIMER,)))
    assert shop.order(order) == order
    assert shop.due()[f"{order.id}/cancel"] == order.life.entered_at + timedelta(hours=48)


def test_a_validation_that_crashed_half_way_goes_on_from_its_state(shop: Shop) -> None:
    """The state was written, the verdict was not."""
    shop.limits.trouble = TimeoutError()
    order = shop.paid()
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    claimed_at = shop.clock.advance(seconds=5)
    claim(shop, WorkKind.VALIDATION)
    shop.limits.trouble = None
    shop.clock.set(claimed_at + LEASE)
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.states(order).count("validating") == 1


def test_a_saga_that_has_finished_wants_no_worker(shop: Shop) -> None:
    """Nor does one whose parked step waits for an operator."""
    order = ready(shop)
    shop.run()
    saga = shop.tables.of(TENANT).sagas[order.sagas[0].id]
    assert saga.status is SagaStatus.DONE
    assert saga.id not in shop.due()
