"""Sagas driven by another runner than `WorkOnce`, one call at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from ordercore.app import TAKEOVER, GetSaga, MakeCall, WorkOn, WorkOnce
from ordercore.domain.orders import Order
from ordercore.domain.processes import DELIVER, PROVISION
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.engine.saga import (
    ORDER_BRANCH,
    Accepted,
    Failed,
    Phase,
    Rejected,
    SagaState,
    SagaStatus,
    calls_due,
    next_due,
)
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import SagaId
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import SECRET, Lost
from tests.unit.app.shop import TENANT, Shop

NOT_SAGAS = WorkOnce(kinds=(WorkKind.STREAM, WorkKind.VALIDATION))


def provisioning(shop: Shop, *items: object) -> tuple[Order, SagaState]:
    """Return an order that is being provisioned, with no call made yet, and its saga."""
    order = shop.paid(*(items or (a_vps(),)))  # type: ignore[arg-type]
    while shop.handle(NOT_SAGAS) is not None:
        pass
    return order, saga_of(shop, order)


def saga_of(shop: Shop, order: Order) -> SagaState:
    """Return the order's newest saga as it is stored."""
    saga_id = shop.order(order).sagas[-1].id
    return shop.handle(GetSaga(tenant=TENANT, saga_id=saga_id))


def call(
    shop: Shop, saga: SagaState, *, branch: str = "1", step: str = PROVISION, at: datetime | None
) -> MakeCall:
    """Return the call that the runner wants made for its copy of the saga."""
    return MakeCall(
        tenant=TENANT,
        saga_id=saga.id,
        branch=branch,
        step=step,
        attempt=saga.branch(branch).run(step).attempt,
        wanted_at=at or shop.clock.now(),
    )


def drive(shop: Shop, saga: SagaState) -> SagaState:
    """Drive a saga to its end as a runner does."""
    for _ in range(200):
        due = next_due(saga)
        if due is None:
            return saga
        shop.clock.set(max(due, shop.clock.now()))
        wanted = calls_due(saga, shop.clock.now())[0]
        saga = shop.handle(call(shop, saga, branch=wanted.branch, step=wanted.step, at=None))
    raise AssertionError("a saga without end")


def test_a_saga_driven_from_outside_ends_like_any_other(shop: Shop) -> None:
    """A failure is retried, a lost item goes back, what is left is delivered; every law holds."""
    order, saga = provisioning(shop, a_vps(), a_database())
    shop.script.plan("provision 1", Failed(code="busy", reason="busy"))
    shop.script.plan("provision 2", Lost(), Rejected(code="full", reason="full"))
    shop.script.plan("find", Rejected(code="full", reason="full"))

    assert drive(shop, saga).status is SagaStatus.DONE
    shop.work()
    done = shop.order(order)
    assert done.state == "fulfilled"
    assert [item.state for item in done.items] == ["active", "rolled_back"]
    assert shop.violations(order.id) == []


def test_the_runner_is_told_the_stored_saga(shop: Shop) -> None:
    """What comes back is what rests in the store, with its version."""
    order, saga = provisioning(shop)
    told = shop.handle(call(shop, saga, at=None))
    assert told == saga_of(shop, order)
    assert told.version == saga.version + 1
    assert SECRET not in repr(told)


def test_a_call_that_is_repeated_is_made_once(shop: Shop) -> None:
    """The stored saga no longer waits for the attempt, so the repeat only tells how it stands."""
    _, saga = provisioning(shop)
    wanted = call(shop, saga, at=None)
    first = shop.handle(wanted)
    assert shop.handle(wanted) == first
    assert len(shop.script.times("provision 1")) == 1


def test_workers_leave_the_saga_to_its_runner_for_a_while(shop: Shop) -> None:
    """Its work is due `TAKEOVER` after the next call; then a worker takes over and finishes it."""
    order, saga = provisioning(shop)
    shop.script.plan("provision 1", Accepted())
    told = shop.handle(call(shop, saga, at=None))
    due = next_due(told)
    assert due is not None
    assert shop.due()[saga.id] == due + TAKEOVER
    shop.clock.set(due + TAKEOVER)
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_a_finished_saga_leaves_no_work_behind(shop: Shop) -> None:
    """Nobody is asked to look after it."""
    _, saga = provisioning(shop)
    drive(shop, saga)
    assert saga.id not in shop.due()


def test_an_abort_is_seen_by_the_next_call(shop: Shop) -> None:
    """The runner still wants it done; the stored saga wants to know what became of it first."""
    order, saga = provisioning(shop)
    shop.cancel(order)
    told = shop.handle(call(shop, saga, at=None))
    assert shop.script.verbs() == ["find"]
    assert told.aborted == "not needed"
    drive(shop, told)
    assert shop.order(order).balance.refunded == order.total
    assert shop.violations(order.id) == []


def test_the_later_of_two_clocks_counts(shop: Shop) -> None:
    """A runner whose clock is ahead meets the deadline although the ports' clock has not."""
    _, saga = provisioning(shop)
    shop.script.plan("provision 1", Accepted(), Accepted())
    waiting = shop.handle(call(shop, saga, at=None))
    assert waiting.branch("1").run(PROVISION).phase is Phase.CHECKING
    shop.script.plan("find", Accepted())
    late = shop.clock.now() + timedelta(hours=1)
    told = shop.handle(call(shop, waiting, at=late))
    run = told.branch("1").run(PROVISION)
    assert (run.phase, run.failures) == (Phase.DOING, 1)
    assert run.due_at == late + timedelta(seconds=2)


def test_a_saga_that_is_not_there_is_not_found(shop: Shop) -> None:
    """Neither to look at nor to make a call for."""
    _, saga = provisioning(shop)
    wrong = SagaId("no-such-saga")
    with pytest.raises(NotFound):
        shop.handle(GetSaga(tenant=TENANT, saga_id=wrong))
    with pytest.raises(NotFound):
        shop.handle(evolve(call(shop, saga, at=None), saga_id=wrong))


def test_a_step_that_is_not_outstanding_is_not_called(shop: Shop) -> None:
    """Delivery waits for the items."""
    _, saga = provisioning(shop)
    wanted = call(shop, saga, branch=ORDER_BRANCH, step=DELIVER, at=None)
    assert shop.handle(wanted) == saga
    assert shop.script.calls == []


def test_claimed_work_is_done_on_request(shop: Shop) -> None:
    """Whoever holds a claim may have it done, once."""
    order, saga = provisioning(shop)
    claimed = shop.tables.work.claim(
        WorkKind.SAGA, now=shop.clock.now(), limit=1, tenant=None, lease=LEASE
    )
    (claim,) = claimed
    assert claim.subject == saga.id
    shop.handle(WorkOn(claim=claim))
    assert shop.order(order).state == "fulfilled"
    shop.handle(WorkOn(claim=claim))
    assert len(shop.script.times("provision 1")) == 1
