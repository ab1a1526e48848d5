"""The same write by several hosts at the same moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    AsyncOrderCore,
    CancelOrder,
    ConfirmPayment,
    Placed,
    PlaceOrder,
    ReportProvisioning,
    UseCase,
)
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import IdempotencyRecord
from ordercore.engine.saga import Accepted, call_key
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyKeyReused,
)
from ordercore.ports import Batch, Provisioned
from ordercore.testing.builders import an_order_request
from tests.unit.app.shop import CUSTOMER, SYSTEM, TENANT, Shop, fault_of
from tests.unit.app.writes import KEY, WRITES, keyed, waiting

# -- at the same moment --------------------------------------------------------------------------


def storm(shop: Shop, *use_cases: UseCase[Any]) -> list[Any]:
    """Carry out use cases at the same moment and return answers and faults."""
    core = AsyncOrderCore(shop.suspending())

    async def all_at_once() -> list[Any]:
        runs = (core.handle(use_case) for use_case in use_cases)
        return await asyncio.gather(*runs, return_exceptions=True)

    return asyncio.run(all_at_once())


@pytest.mark.parametrize("name", WRITES)
def test_identical_writes_at_the_same_moment_have_one_effect(name: str) -> None:
    """Browser and webhook, say: all get the same answer, none gets an error."""
    shop = Shop()
    caller, prepare, write = WRITES[name]
    order = prepare(shop)
    answers = storm(shop, *[write(keyed(caller), order.id, "A")] * 8)
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], Order)
    assert shop.violations(order.id) == []


def test_without_a_key_one_of_two_writes_wins_and_the_other_is_told() -> None:
    """Nothing is overwritten."""
    shop = Shop()
    order = waiting(shop)
    cancel = CancelOrder(caller=CUSTOMER, order_id=order.id, reason="")
    answers = storm(shop, cancel, cancel)
    assert [type(a) for a in answers] in (
        [Order, ConcurrencyConflict],
        [ConcurrencyConflict, Order],
    )
    assert len(shop.history(order)) == order.version + 1


def test_one_key_for_two_requests_at_the_same_moment_is_a_fault_for_one() -> None:
    """Whoever is second learns that the key is taken, not that something conflicted."""
    shop = Shop()
    requests = [an_order_request(reference=r) for r in ("R1", "R2")]
    answers = storm(shop, *(PlaceOrder(caller=keyed(CUSTOMER), request=r) for r in requests))
    assert {type(a) for a in answers} == {Placed, IdempotencyKeyReused}
    assert len(shop.tables.of(TENANT).orders) == 1


def test_two_reports_of_one_key_at_the_same_moment_are_one() -> None:
    """The order is locked while an answer is worked in; the second finds the first one's record."""
    shop = Shop()
    order = shop.paid()
    shop.script.plan("provision 1", Accepted())
    shop.work()
    report = ReportProvisioning(
        caller=keyed(SYSTEM),
        order_id=order.id,
        key=call_key(shop.order(order).sagas[0].id, "1", PROVISION, forward=True),
        attempt=1,
        outcome=Provisioned(resource="r", credentials=Credentials(values={})),
    )
    answers = storm(shop, report, report, evolve(report, attempt=7))
    assert answers[0] == answers[1]
    assert isinstance(answers[2], IdempotencyKeyReused)


def test_two_repeats_that_write_nothing_agree_on_their_answer() -> None:
    """Both report a payment that was there before."""
    shop = Shop()
    order = shop.paid()
    again = ConfirmPayment(
        caller=keyed(SYSTEM), order_id=order.id, reference="P1", amount=order.total
    )
    assert storm(shop, again, again, again) == [order] * 3


def test_a_conflict_that_is_nobodys_repeat_stays_a_conflict() -> None:
    """An order id that was drawn twice is not mistaken for a repeated request."""
    shop = Shop()
    shop.place()

    class SameId:
        def new(self) -> str:
            return next(iter(shop.tables.of(TENANT).orders))

        def draw(self) -> int:
            return 0

    shop.ports = evolve(shop.ports, ids=SameId())
    request = PlaceOrder(caller=CUSTOMER, request=an_order_request(reference="R2"))
    assert isinstance(fault_of(lambda: shop.handle(request)), ConcurrencyConflict)


def test_a_key_alone_can_be_written() -> None:
    """Stores accept a batch that holds nothing but an answer."""
    shop = Shop()
    record = IdempotencyRecord(
        tenant=TENANT,
        operation="x",
        key=KEY,
        fingerprint="f",
        response="{}",
        expires_at=shop.clock.now() + timedelta(hours=1),
    )
    asyncio.run(shop.ports.store.commit(Batch(tenant=TENANT, idempotency=record)))
    assert asyncio.run(shop.ports.idempotency.get(TENANT, "x", KEY)) == record


def test_a_conflict_of_a_report_that_nobody_made_before_stays_a_conflict(shop: Shop) -> None:
    """It is for the caller to report again."""
    order = shop.paid()
    shop.script.plan("provision 1", Accepted())
    shop.work()

    async def taken(*_args: Any) -> Any:
        raise ConcurrencyConflict(kind="idempotency", id=KEY)

    report = ReportProvisioning(
        caller=keyed(SYSTEM),
        order_id=order.id,
        key=call_key(shop.order(order).sagas[0].id, "1", PROVISION, forward=True),
        attempt=1,
        outcome=Provisioned(resource="r", credentials=Credentials(values={})),
    )
    original = shop.ports.store.update
    shop.ports.store.update = taken  # type: ignore[method-assign]
    assert isinstance(fault_of(lambda: shop.handle(report)), ConcurrencyConflict)
    shop.ports.store.update = original  # type: ignore[method-assign]
    assert isinstance(shop.handle(report), Order)
