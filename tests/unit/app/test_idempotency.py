"""Idempotency keys: a repeat gets the stored answer, and nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    AsyncOrderCore,
    Caller,
    CancelOrder,
    ConfirmPayment,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    ReportProvisioning,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    UseCase,
)
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import IdempotencyRecord
from ordercore.engine.saga import Accepted, call_key
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    TransitionNotAllowed,
)
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Provisioned
from ordercore.testing.builders import an_order_request
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of

KEY = "key-1"
Write = Callable[[Caller, OrderId, str], UseCase[Any]]


def keyed(caller: Caller) -> Caller:
    """Return the caller with the key of these tests."""
    return evolve(caller, idempotency_key=KEY)


def waiting(shop: Shop) -> Order:
    """Return an order that waits for its payment."""
    return shop.submit(shop.place())


def cancelled(shop: Shop) -> Order:
    """Return a cancelled order."""
    return shop.cancel(shop.place())


def fulfilled(shop: Shop) -> Order:
    """Return a fulfilled order."""
    order = shop.paid()
    shop.run()
    return order


WRITES: dict[str, tuple[Caller, Callable[[Shop], Order], Write]] = {
    "submit": (
        CUSTOMER,
        lambda shop: shop.place(),
        lambda caller, order_id, _: SubmitOrder(caller=caller, order_id=order_id),
    ),
    "cancel": (
        CUSTOMER,
        waiting,
        lambda caller, order_id, text: CancelOrder(caller=caller, order_id=order_id, reason=text),
    ),
    "restore": (
        OPERATOR,
        cancelled,
        lambda caller, order_id, text: RestoreOrder(caller=caller, order_id=order_id, reason=text),
    ),
    "confirm": (
        SYSTEM,
        waiting,
        lambda caller, order_id, text: ConfirmPayment(
            caller=caller, order_id=order_id, reference=text, amount=Money(1000, "EUR")
        ),
    ),
    "revert": (
        OPERATOR,
        lambda shop: shop.paid(),
        lambda caller, order_id, text: RevertPayment(caller=caller, order_id=order_id, reason=text),
    ),
    "redeliver": (
        CUSTOMER,
        fulfilled,
        lambda caller, order_id, _: RedeliverCredentials(caller=caller, order_id=order_id),
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_repeat_under_the_same_key_gets_the_stored_answer_and_writes_nothing(
    shop: Shop, name: str
) -> None:
    """Every write honours its key."""
    caller, prepare, write = WRITES[name]
    order = prepare(shop)
    first = shop.handle(write(keyed(caller), order.id, "A"))
    assert isinstance(first, Order)
    version = shop.order(order).version
    assert shop.handle(write(keyed(caller), order.id, "A")) == first
    assert shop.order(order).version == version


@pytest.mark.parametrize("name", ["cancel", "restore", "confirm", "revert"])
def test_the_same_key_with_other_content_is_a_fault(shop: Shop, name: str) -> None:
    """It names operation and key; nothing changes."""
    caller, prepare, write = WRITES[name]
    order = prepare(shop)
    first = shop.handle(write(keyed(caller), order.id, "A"))
    fault = fault_of(lambda: shop.handle(write(keyed(caller), order.id, "B")))
    assert isinstance(fault, IdempotencyKeyReused)
    assert (fault.key, fault.http_hint) == (KEY, 422)
    assert shop.order(order) == first


@pytest.mark.parametrize("name", WRITES)
def test_the_same_key_on_another_order_is_a_fault(shop: Shop, name: str) -> None:
    """Which order it is about is part of the content."""
    caller, prepare, write = WRITES[name]
    order = prepare(shop)
    shop.handle(write(keyed(caller), order.id, "A"))
    other = shop.place(reference="REF-2")
    fault = fault_of(lambda: shop.handle(write(keyed(caller), other.id, "A")))
    assert isinstance(fault, IdempotencyKeyReused)
    assert shop.order(other) == other


def test_the_stored_answer_is_replayed_even_after_the_order_moved_on(shop: Shop) -> None:
    """It is the answer of then, not the state of now."""
    placed = shop.handle(PlaceOrder(caller=keyed(CUSTOMER), request=an_order_request()))
    assert isinstance(placed, Placed)
    shop.pay(shop.submit(placed.order))
    shop.run()
    again = shop.handle(PlaceOrder(caller=keyed(CUSTOMER), request=an_order_request()))
    assert again == Placed(order=placed.order, repeated=True)
    assert shop.order(placed.order).state == "fulfilled"


def test_a_key_is_scoped_to_its_operation(shop: Shop) -> None:
    """A client may use one key for a whole conversation."""
    order = shop.place(caller=keyed(CUSTOMER))
    assert shop.handle(SubmitOrder(caller=keyed(CUSTOMER), order_id=order.id)) != order
    gone = shop.handle(CancelOrder(caller=keyed(CUSTOMER), order_id=order.id, reason=""))
    assert isinstance(gone, Order)
    assert gone.state == "cancelled"


def test_a_key_is_scoped_to_its_tenant(shop: Shop) -> None:
    """Another tenant's key is another key."""
    shop.place(caller=keyed(CUSTOMER))
    other = Caller.of("tenant-b", "bob", idempotency_key=KEY)
    placed = shop.handle(PlaceOrder(caller=other, request=an_order_request(customer="bob")))
    assert isinstance(placed, Placed)
    assert not placed.repeated


def test_a_stored_answer_expires_after_24_hours(shop: Shop) -> None:
    """A moment earlier it is replayed; then the request counts as a new one."""
    order = waiting(shop)
    cancel = CancelOrder(caller=keyed(CUSTOMER), order_id=order.id, reason="A")
    first = shop.handle(cancel)
    shop.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    assert shop.handle(cancel) == first
    shop.clock.advance(timedelta(microseconds=1))
    assert isinstance(fault_of(lambda: shop.handle(cancel)), TransitionNotAllowed)


def test_an_expired_key_can_be_used_for_something_else(shop: Shop) -> None:
    """Its record is replaced, and the new answer is replayed from then on."""
    order = shop.place(caller=keyed(CUSTOMER))
    shop.clock.advance(hours=24)
    second = shop.place(caller=keyed(CUSTOMER), reference="REF-2")
    assert second.id != order.id
    assert shop.place(caller=keyed(CUSTOMER), reference="REF-2") == second


def test_a_refusal_is_not_stored_so_the_corrected_request_may_use_the_key(shop: Shop) -> None:
    """Same key, right amount this time."""
    order = waiting(shop)
    assert isinstance(shop.report(order, 1, caller=keyed(SYSTEM)), Refusal)
    paid = shop.report(order, caller=keyed(SYSTEM))
    assert isinstance(paid, Order)
    refused = shop.handle(
        PlaceOrder(
            caller=keyed(CUSTOMER),
            request=an_order_request(reference="R2", quoted_total_minor=1),
        )
    )
    assert isinstance(refused, Refusal)
    assert shop.place(caller=keyed(CUSTOMER), reference="R2").reference == "R2"


def test_a_fault_is_not_stored_under_its_key(shop: Shop) -> None:
    """A command that failed is not done: it works once the order is ready for it."""
    order = shop.place()
    pay = ConfirmPayment(
        caller=keyed(SYSTEM), order_id=order.id, reference="P1", amount=order.total
    )
    assert isinstance(fault_of(lambda: shop.handle(pay)), TransitionNotAllowed)
    shop.submit(order)
    assert isinstance(shop.handle(pay), Order)


def test_a_write_that_changed_nothing_takes_its_key_too(shop: Shop) -> None:
    """A payment reported twice: the second report is answered, remembered, and not reusable."""
    order = shop.paid()
    noted = shop.report(order, caller=keyed(SYSTEM))
    assert noted == order
    shop.revert(order)
    assert shop.report(order, caller=keyed(SYSTEM)) == noted
    assert isinstance(
        fault_of(lambda: shop.report(order, reference="P2", caller=keyed(SYSTEM))),
        IdempotencyKeyReused,
    )
    assert shop.order(order).state == "pending_payment"


def test_a_repeated_order_takes_the_key_of_the_repeat(shop: Shop) -> None:
    """First placed without a key, then again with one: the key now stands for that request."""
    order = shop.place()
    again = shop.handle(PlaceOrder(caller=keyed(CUSTOMER), request=an_order_request()))
    assert again == Placed(order=order, repeated=True)
    fault = fault_of(
        lambda: shop.handle(
            PlaceOrder(caller=keyed(CUSTOMER), request=an_order_request(reference="R2"))
        )
    )
    assert isinstance(fault, IdempotencyKeyReused)


def test_a_request_still_running_elsewhere_is_a_fault_that_says_so(shop: Shop) -> None:
    """A store that marks requests at their start is understood."""
    order = waiting(shop)
    cancel = CancelOrder(caller=keyed(CUSTOMER), order_id=order.id, reason="A")
    done = shop.handle(cancel)
    assert isinstance(done, Order)
    rows = shop.tables.of(TENANT).idempotency
    rows["cancel_order", KEY] = evolve(rows["cancel_order", KEY], response=None)
    fault = fault_of(lambda: shop.handle(cancel))
    assert isinstance(fault, IdempotencyInFlight)
    assert fault.http_hint == 409


def test_a_report_is_repeatable_under_a_key(shop: Shop) -> None:
    """And its key, too, stands for one outcome."""
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
    first = shop.handle(report)
    assert shop.handle(report) == first
    fault = fault_of(lambda: shop.handle(evolve(report, attempt=2)))
    assert isinstance(fault, IdempotencyKeyReused)


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
