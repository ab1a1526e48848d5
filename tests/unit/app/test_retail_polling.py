"""A page that nobody pays is looked at ever less often, and leaves next to nothing in the trail."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from attrs import evolve

from ordercore.app import MakeCall
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes.retail.sagas import PAGE_PAYMENT
from ordercore.engine.retry import Polling
from ordercore.engine.saga import calls_due
from ordercore.kernel.ids import TenantId
from ordercore.ports import GatewayOutcome
from tests.unit.app.retail_shop import RULES, Store
from tests.unit.app.shop import TENANT

DAY = timedelta(days=1)


def looks_of(store: Store) -> list[int]:
    """Return where it is written down when the gateway is asked, in seconds from now."""
    seen: list[int] = []
    begun, find = store.clock.now(), store.till.books.find

    async def noting(tenant: TenantId, key: str) -> GatewayOutcome:
        seen.append(int((store.clock.now() - begun).total_seconds()))
        return await find(tenant, key)

    store.till.books.find = noting  # type: ignore[method-assign]
    return seen


def due_of(store: Store, order: Order) -> int:
    """Return in how many seconds its payment is looked up next."""
    saga = store.tables.of(TENANT).sagas_in_order(order.id)[0]
    assert saga.definition == PAGE_PAYMENT.name
    (run,) = saga.branches[0].steps
    assert run.due_at is not None
    return int((run.due_at - store.clock.now()).total_seconds())


def test_a_page_nobody_pays_is_looked_at_a_hundred_times_a_day(store: Store) -> None:
    """Four times in the first minute and a half, every quarter of an hour at last, at the end."""
    order = store.bought("wallet")
    looks = looks_of(store)
    store.settle(DAY)

    assert looks[:5] == [15, 34, 58, 88, 126]
    waits = [after - before for before, after in pairwise(looks)]
    assert max(waits) == 900
    assert looks[-1] == 86_400
    assert sum(look < 86_400 for look in looks) == 110
    assert store.order(order).state == S.PAYMENT_EXPIRED
    assert store.violations_at_rest(order) == []


def test_a_day_without_news_leaves_no_records(store: Store) -> None:
    """Edge case: a record for each look-up would bury what happened under 1440 times nothing."""
    order = store.bought("wallet")
    store.settle(timedelta(minutes=1))
    before = store.order(order).version
    store.settle(timedelta(hours=23))
    during = store.order(order).version - before
    store.settle(timedelta(hours=1))
    kinds = Counter(record.kind for record in store.history(order))

    assert during == 1  # the goods were let go when their time was over
    assert kinds["saga.step-unclear"] == 1
    assert store.violations_at_rest(order) == []


def test_notices_that_tell_nothing_leave_the_polling_alone(store: Store) -> None:
    """However often somebody knocks: no record, no longer wait, no shorter one."""
    order = store.bought("wallet")
    store.clock.advance(seconds=10)
    version = store.order(order).version
    for _ in range(50):
        assert store.check(order).version == version
    assert due_of(store, order) == 5


def test_a_notice_is_answered_at_once_however_slow_the_polling_has_become(store: Store) -> None:
    """After hours the next look-up is minutes away; whoever comes back from the page is paid."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=5))
    assert due_of(store, order) > 60
    assert store.pay_page(order)

    assert store.check(order).state == S.CONFIRMED


def test_the_page_of_an_order_that_is_cancelled_late_is_closed_at_once(store: Store) -> None:
    """Nobody may pay on it for another quarter of an hour."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=5))
    assert due_of(store, order) > 60
    store.cancel(order)
    store.work()

    assert store.pay_page(order) is False
    assert store.violations_at_rest(order) == []


def test_another_runner_polls_by_the_same_table(store: Store) -> None:
    """Such as a workflow engine: it reads the due time off the saga that the store tells it."""
    order = store.bought("wallet")
    waits = []
    for _ in range(5):
        saga = store.tables.of(TENANT).sagas_in_order(order.id)[0]
        (run,) = saga.branches[0].steps
        assert run.due_at is not None
        waits.append(due_of(store, order))
        store.clock.set(run.due_at)
        (call,) = calls_due(saga, run.due_at)
        store.handle(
            MakeCall(
                tenant=TENANT,
                saga_id=saga.id,
                branch=call.branch,
                step=call.step,
                attempt=call.attempt,
                wanted_at=run.due_at,
            )
        )

    assert waits == [15, 19, 24, 30, 38]


@pytest.mark.parametrize(("polling", "looks"), [(Polling(first_s=3600), 24)])
def test_a_host_says_how_polling_slows(polling: Polling, looks: int) -> None:
    """The table is data: an hour between look-ups, if the provider's notices are good."""
    (step,) = PAGE_PAYMENT.steps
    patient = evolve(PAGE_PAYMENT, steps=(evolve(step, polling=polling),))
    others = [saga for saga in RULES.sagas if saga.name != patient.name]
    store = Store(selling=evolve(RULES, sagas=(*others, patient)))
    store.bought("wallet")
    seen = looks_of(store)
    store.settle(DAY - timedelta(seconds=1))

    assert len(seen) == looks - 1
