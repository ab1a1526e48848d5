"""Idempotency keys: a repeat gets the stored answer, and nothing happens twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    Placed,
    PlaceOrder,
    ReportProvisioning,
    SubmitOrder,
)
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION
from ordercore.engine.saga import Accepted, call_key
from ordercore.kernel.errors import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    TransitionNotAllowed,
)
from ordercore.kernel.result import Refusal
from ordercore.ports import Provisioned
from ordercore.testing.builders import an_order_request
from tests.unit.app.shop import CUSTOMER, SYSTEM, TENANT, Shop, fault_of
from tests.unit.app.writes import KEY, WRITES, keyed, waiting


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
    (place,) = [place for place in rows if place[0] == "cancel_order"]
    rows[place] = evolve(rows[place], response=None)
    fault = fault_of(lambda: shop.handle(cancel))
    assert isinstance(fault, IdempotencyInFlight)
    assert (fault.key, fault.http_hint) == (KEY, 409)


def cancelling(caller: Caller, order: Order, reason: str = "A") -> CancelOrder:
    """Return a request to cancel under the key."""
    return CancelOrder(caller=keyed(caller), order_id=order.id, reason=reason)


def test_two_customers_who_chose_the_same_key_do_not_meet(shop: Shop) -> None:
    """Neither sees the other's answer, nor is refused for it; each has a repeat of their own."""
    bob = Caller.of(TENANT, "bob")
    hers = waiting(shop)
    his = shop.submit(shop.place(reference="his", caller=bob))
    first = shop.handle(cancelling(CUSTOMER, hers))
    second = shop.handle(cancelling(bob, his))
    assert isinstance(first, Order)
    assert isinstance(second, Order)
    assert (first.id, second.id) == (hers.id, his.id)
    assert shop.handle(cancelling(CUSTOMER, hers)) == first
    assert shop.handle(cancelling(bob, his)) == second


def test_the_very_same_request_of_somebody_else_is_not_answered_with_what_was_kept(
    shop: Shop,
) -> None:
    """It is judged by how the order is."""
    order = waiting(shop)
    assert isinstance(shop.handle(cancelling(CUSTOMER, order)), Order)
    fault = fault_of(lambda: shop.handle(cancelling(Caller.of(TENANT, "bob"), order)))
    assert isinstance(fault, TransitionNotAllowed)


def test_in_another_role_somebody_is_somebody_else(shop: Shop) -> None:
    """A carrier may be called as a customer is."""
    order = waiting(shop)
    shop.handle(cancelling(Caller.of(TENANT, "x"), order))
    fault = fault_of(lambda: shop.handle(cancelling(Caller.of(TENANT, "x", role="carrier"), order)))
    assert isinstance(fault, TransitionNotAllowed)


@pytest.mark.parametrize("role", ["operator", "system", "timer"])
def test_those_who_act_for_the_selling_side_share_their_keys(shop: Shop, role: str) -> None:
    """What one worker has done another does not do again; also across a change of release."""
    order = waiting(shop)

    def ask(name: str) -> Order | Refusal:
        caller = Caller.of(TENANT, name, role=role)
        if role != "system":
            return shop.handle(cancelling(caller, order))
        paying = ConfirmPayment(
            caller=keyed(caller), order_id=order.id, reference="P1", amount=order.total
        )
        return shop.handle(paying)

    first = ask("worker-1")
    assert isinstance(first, Order)
    assert ask("worker-2") == first
    assert [key for _, key in shop.tables.of(TENANT).idempotency] == [KEY]


def test_who_somebody_is_does_not_stand_with_their_key(shop: Shop) -> None:
    """Their id may be personal."""
    caller = Caller.of(TENANT, "ann@example.org")
    shop.handle(cancelling(caller, waiting(shop)))
    (place,) = shop.tables.of(TENANT).idempotency
    assert place[1].startswith(f"{KEY}@")
    assert "ann" not in place[1]


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
