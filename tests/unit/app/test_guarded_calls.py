"""Calls that move money are made under the lock of their order, and answered under its fence (R4).

Whatever the lock service does, nothing is lost and nothing is charged twice: the laws of money,
goods and trail at the end of each story are those of `violations_at_rest`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import MakeCall, OrderCore, WorkOnce
from ordercore.app._calls import TOLD_AS
from ordercore.app._guarded import LOCKED_AS
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes import retail
from ordercore.engine.messaging import LEASE, WorkKind
from ordercore.engine.saga import calls_due
from ordercore.kernel.errors import LeaseLost, LockHeld, LocksAway
from ordercore.ports import Lease, TraceErrorKind, TraceName
from ordercore.testing.contracts import drive
from ordercore_adapters import memory
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import TENANT, Shop
from tests.unit.app.test_retail_faults import Story, called_off, returned, to_the_end
from tests.unit.app.watched_locks import WatchedLocks

MONEY = {"authorise", "capture", "void", "refund", "find"}
SAGA = (WorkKind.SAGA,)
HELD_FOR = LEASE + timedelta(seconds=30)
STORIES: dict[str, Story] = {
    "card": lambda store: to_the_end(store, store.bought("credit_card")),
    "wallet": lambda store: to_the_end(store, store.bought("wallet")),
    "debit card, sent back": returned("debit_card"),
    "card, called off": called_off("credit_card", 2),
    "transfer, called off": called_off("bank_transfer", 0),
}


def watched(store: Shop) -> WatchedLocks:
    """Put locks that can be looked at in the place of the others."""
    locks = WatchedLocks()
    store.ports = evolve(store.ports, locks=locks)
    return locks


def name_of(order: Order) -> str:
    """Return the name of the lock of an order's payments."""
    return f"payment/{order.id}"


def held_by_another(store: Shop, locks: WatchedLocks, order: Order, seconds: int = 5) -> Lease:
    """Take the lock as somebody else would."""
    now = store.clock.now()
    lease = drive(locks.acquire(TENANT, name_of(order), ttl_s=seconds, now=now))
    assert lease is not None
    return lease


def waiting(store: Store) -> Order:
    """Return an order whose card was asked and gave no answer, its look-up due now."""
    store.script.plan("authorise", Lost())
    order = store.bought()
    assert order.state == S.AWAITING_PAYMENT
    store.clock.advance(seconds=60)
    return order


def worker(store: Shop) -> OrderCore:
    """Return a core of another process over the same store, gateway and locks."""
    return OrderCore(store.ports)


def test_the_steps_that_are_told_as_payment_are_those_that_are_locked() -> None:
    """One table follows the other: a step that moves money is in both."""
    told = {step for step, name in TOLD_AS.items() if name is TraceName.PAYMENT_PROCESSING}
    assert set(LOCKED_AS) == told


class Noting:
    """A provider that notes which locks are held when it is called."""

    def __init__(self, port: Any, locks: WatchedLocks, seen: dict[str, set[tuple[str, ...]]]):
        self._port, self._locks, self._seen = port, locks, seen

    def __getattr__(self, verb: str) -> Any:
        call = getattr(self._port, verb)

        async def noting(*args: Any, **kwargs: Any) -> Any:
            self._seen.setdefault(verb, set()).add(tuple(self._locks.held))
            return await call(*args, **kwargs)

        return noting


@pytest.mark.parametrize("story", STORIES)
def test_money_moves_under_the_lock_of_its_order_and_nothing_else_does(
    open_store: Callable[..., Store], story: str
) -> None:
    """Seen by whoever is called; and when all is done no lock is held."""
    store = open_store()
    locks, seen = watched(store), dict[str, set[tuple[str, ...]]]()
    providers = {
        name: Noting(getattr(store.ports, name), locks, seen)
        for name in ("gateway", "warehouse", "carrier", "letters")
    }
    store.ports = evolve(store.ports, **providers)  # type: ignore[arg-type]
    order = STORIES[story](store)
    store.settle()
    seen.pop("page", None)  # asked for by the letter
    assert MONEY & set(seen)
    for verb, held in seen.items():
        assert held == {(name_of(order),) if verb in MONEY else ()}, verb
    assert locks.held == []
    assert store.violations_at_rest(order) == []


def test_refunds_of_services_are_locked_too(shop: Shop) -> None:
    """They go to another port, and are money all the same."""
    locks = watched(shop)
    seen: list[tuple[str, ...]] = []
    original = shop.bank.refund

    async def noting(request: Any) -> Any:
        seen.append(tuple(locks.held))
        return await original(request)

    shop.bank.refund = noting  # type: ignore[method-assign]
    order = shop.cancel(shop.paid())
    shop.run()
    assert seen == [(name_of(order),)]


def test_who_finds_the_lock_held_hands_the_work_back(store: Store) -> None:
    """For a second, not for the length of the lease; the trail says nothing of it."""
    locks = watched(store)
    order = waiting(store)
    before, calls = store.history(order), list(store.script.calls)
    held_by_another(store, locks, order)
    saga = store.order(order).sagas[-1].id
    for _ in range(3):
        assert store.handle(WorkOnce(kinds=SAGA)) is not None
        assert store.due()[saga] == store.clock.now() + timedelta(seconds=1)
        store.clock.advance(seconds=1)
    assert store.history(order) == before
    assert store.script.calls == calls
    store.clock.advance(seconds=2)
    store.handle(WorkOnce(kinds=SAGA))
    assert store.order(order).state == S.CONFIRMED


def test_a_customer_who_comes_back_meanwhile_sees_the_order_as_it_stands(store: Store) -> None:
    """No fault, no second question: whoever holds the lock is finding out the same."""
    locks = watched(store)
    order = waiting(store)
    calls = list(store.script.calls)
    lease = held_by_another(store, locks, order)
    assert store.check(order) == store.order(order)
    assert store.script.calls == calls
    drive(locks.release(lease))
    assert store.check(order).state == S.CONFIRMED


def test_a_lock_that_became_free_because_the_call_was_made_leads_to_no_second_call(
    store: Store,
) -> None:
    """The worker is about to take the lock when somebody else does, asks and is answered."""
    locks = watched(store)
    order = waiting(store)
    same_call = _call(store, order)

    def answered() -> None:
        locks.before = lambda: None
        another = OrderCore(evolve(store.ports, locks=None))
        assert another.handle(same_call).status == "done"

    locks.before = answered
    store.handle(WorkOnce(kinds=SAGA))
    assert store.script.verbs().count("find payment") == 1
    assert not any(record.kind == "saga.late-answer" for record in store.history(order))
    store.settle()
    assert store.violations_at_rest(order) == []


def _call(store: Store, order: Order) -> MakeCall:
    """Return the call that the order's payment waits for, as another runner would make it."""
    reference = next(s for s in store.order(order).sagas if s.definition == retail.PAYMENT.name)
    saga = store.tables.of(TENANT).sagas[reference.id]
    (call,) = calls_due(saga, store.clock.now() + timedelta(days=1))
    return MakeCall(
        tenant=TENANT,
        saga_id=saga.id,
        branch=call.branch,
        step=call.step,
        attempt=call.attempt,
        wanted_at=store.clock.now(),
    )


def test_another_runner_is_told_that_the_lock_is_held(store: Store) -> None:
    """It has a patience of its own; nothing has happened."""
    locks = watched(store)
    order = waiting(store)
    lease = held_by_another(store, locks, order)
    with pytest.raises(LockHeld) as held:
        store.handle(_call(store, order))
    assert held.value.id == lease.name
    assert store.order(order).state == S.AWAITING_PAYMENT


def test_the_lease_outlives_what_a_runner_lets_a_call_take(store: Store) -> None:
    """By as long as it may take to write the answer."""
    locks = watched(store)
    order = waiting(store)
    ends: list[timedelta] = []
    original = store.till.find

    async def looking(*args: Any) -> Any:
        (held,) = locks._locks._held.values()
        ends.append(held.expires_at - store.clock.now())
        store.till.find = original  # type: ignore[method-assign]
        return await original(*args)

    store.till.find = looking  # type: ignore[method-assign]
    store.handle(evolve(_call(store, order), within=timedelta(seconds=300)))
    assert ends == [timedelta(seconds=330)]


def test_no_lock_service_no_call_and_nothing_lost(store: Store) -> None:
    """Nobody knows who holds it. Work waits five seconds; telemetry is told, the trail is not."""
    traces = memory.CollectedTraces()
    store.ports = evolve(store.ports, telemetry=traces)
    locks = watched(store)
    locks.away = {1, 2}
    order = store.bought()
    assert order.state == S.AWAITING_PAYMENT
    before = store.history(order)
    store.handle(WorkOnce(kinds=SAGA))
    assert store.script.verbs() == []
    assert store.history(order) == before
    assert store.due()[order.sagas[-1].id] == store.clock.now() + timedelta(seconds=5)
    told = [event for event in traces.events if event.operation == "authorise.lock"]
    assert [(e.error.kind, e.error.code) for e in told if e.error] == [
        (TraceErrorKind.FAULT, LocksAway.code)
    ] * 2
    assert "hunter2" not in repr(traces.events)
    store.clock.advance(seconds=5)
    store.handle(WorkOnce(kinds=SAGA))
    assert store.order(order).state == S.CONFIRMED


def test_without_locks_all_goes_on_as_before(store: Store) -> None:
    """Keys and leases guard alone."""
    store.ports = evolve(store.ports, locks=None)
    order = to_the_end(store, store.bought())
    assert order.state == S.COMPLETED
    assert store.tables.of(TENANT).fences == {}
    assert store.violations_at_rest(order) == []


def test_the_lock_is_let_go_also_when_the_call_raises(store: Store) -> None:
    """Out of memory, the one fault that is raised from a call."""
    locks = watched(store)
    order = waiting(store)
    original = store.till.find

    async def starving(*args: Any) -> Any:
        store.till.find = original  # type: ignore[method-assign]
        raise MemoryError

    store.till.find = starving  # type: ignore[method-assign]
    with pytest.raises(MemoryError):
        store.handle(WorkOnce(kinds=SAGA))
    assert locks.held == []
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("heard", [True, False])
def test_a_holder_paused_beyond_its_lease_cannot_write(store: Store, heard: bool) -> None:
    """Another went on meanwhile, and heard the answer or not; what the first did is found."""
    watched(store)
    order = store.confirmed()
    store.script.plan("capture", lambda: overtake(store, heard=heard))
    _work_up_to(store, order, "capture")
    seen = store.order(order)
    assert seen.balance.captured.is_zero is not heard
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert len(store.till.books.captured) == 1
    assert store.violations_at_rest(order) == []


def overtake(store: Store, *, heard: bool) -> None:
    """Let the first holder be paused, and another worker come to the same call."""
    store.clock.advance(seconds=int(HELD_FOR.total_seconds()))
    if not heard:
        store.script.plan("capture", Lost())
    another = worker(store)
    while another.handle(WorkOnce(kinds=SAGA)) is not None:
        pass


def _work_up_to(store: Store, order: Order, verb: str) -> None:
    for _ in range(100):
        if verb in store.script.verbs():
            return
        store.work_a_little(1)
    raise AssertionError(f"{verb} was never called")


def test_a_runner_paused_beyond_its_lease_is_refused_by_the_fence(store: Store) -> None:
    """It holds no lease on work; the lock's fence is what stands in its way."""
    watched(store)
    order = waiting(store)
    asked = _call(store, order)
    store.script.plan("find payment", lambda: overtake(store, heard=True))
    with pytest.raises(LeaseLost) as lost:
        store.handle(asked)
    assert (lost.value.kind, lost.value.id) == ("lock", name_of(order))
    assert store.order(order).state == S.SHIPPED
    assert not any(record.kind == "saga.late-answer" for record in store.history(order))
    store.settle()
    assert store.violations_at_rest(order) == []


def test_a_customer_whose_look_up_was_overtaken_sees_what_the_other_wrote(store: Store) -> None:
    """A redirect that was paused is no fault for who comes back."""
    watched(store)
    order = waiting(store)
    store.script.plan("find payment", lambda: overtake(store, heard=True))
    assert store.check(order).state == S.SHIPPED


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("fault", ["away", "unheard"])
def test_a_lock_service_that_fails_at_any_one_moment_loses_nothing(
    open_store: Callable[..., Store], story: str, fault: str
) -> None:
    """Told once undisturbed to count the locks, then once for each of them."""
    first = open_store()
    counted = watched(first)
    STORIES[story](first)
    assert counted.asked
    for number in range(1, counted.asked + 1):
        store = open_store()
        setattr(watched(store), fault, {number})
        order = STORIES[story](store)
        store.settle()
        assert store.violations_at_rest(order) == [], number


@pytest.mark.parametrize("story", STORIES)
def test_locks_that_are_never_let_go_only_take_time(
    open_store: Callable[..., Store], story: str
) -> None:
    """Every release gets lost: each lease ends by itself."""
    store = open_store()
    watched(store).deaf = True
    order = STORIES[story](store)
    store.settle()
    assert store.violations_at_rest(order) == []


def test_a_report_about_services_needs_no_lock(shop: Shop) -> None:
    """Provisioning is dear, but it is not money: only what the table names is locked."""
    locks = watched(shop)
    order = shop.paid()
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert locks.asked == 0
