"""Who pays is told of in many ways at once, and sometimes late: one order, one capture (R2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ordercore.app import (
    Caller,
    CancelOrder,
    CheckOut,
    CheckPayment,
    Placed,
    RetryPayment,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import EntryKind
from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.errors import ConcurrencyConflict, NotFound, TransitionNotAllowed
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import RULES, TOKEN, TOTAL, Store, a_basket
from tests.unit.app.shop import CUSTOMER, TENANT, fault_of

PAGES = ("bank_transfer", "voucher", "wallet")


def entries(order: Order, kind: EntryKind) -> int:
    """Count the entries of a kind."""
    return sum(entry.kind is kind for entry in order.ledger)


@pytest.mark.parametrize("kind", PAGES)
def test_redirect_notice_and_poll_at_once_confirm_an_order_once(store: Store, kind: str) -> None:
    """Each asks the provider; one of them is first, the others find it done."""
    order = store.bought(kind)
    store.settle(timedelta(minutes=3))
    store.pay_page(order)
    store.clock.advance(seconds=61)
    check = CheckPayment(caller=CUSTOMER, order_id=order.id)
    told = store.at_once(check, WorkOnce(), check, WorkOnce(), check, check)

    assert not [each for each in told if isinstance(each, Exception)]
    order = store.order(order)
    assert store.states(order).count(S.CONFIRMED) == 1
    assert entries(order, EntryKind.AUTHORISED) == entries(order, EntryKind.CAPTURED) == 1
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.written(order).count("confirmed") == 1
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "wallet"])
def test_the_same_check_out_many_times_at_once_is_one_order_and_one_charge(
    store: Store, kind: str
) -> None:
    """The first creates it; all get the same order, none an error."""
    token = None if kind == "wallet" else TOKEN
    asked = CheckOut(caller=CUSTOMER, basket=a_basket(kind), token=token)
    told = store.at_once(*[asked] * 5)

    assert all(isinstance(each, Placed) for each in told), told
    assert {each.order.id for each in told} == {told[0].order.id}
    assert sum(not each.repeated for each in told) == 1
    assert len(store.tables.of(TENANT).orders) == 1
    if kind == "wallet":
        store.pay_page(told[0].order)
        store.check(told[0].order)
    store.settle()
    order = store.order(told[0].order)
    assert order.state == S.SHIPPED
    assert store.till.taken(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


def test_two_retries_at_once_are_one_attempt(store: Store) -> None:
    """The second finds the order waiting already."""
    store.script.plan("authorise", Rejected(code="declined", reason="no"))
    order = store.bought("debit_card")
    store.work()
    asked = RetryPayment(caller=CUSTOMER, order_id=order.id, token=TOKEN)
    told = store.at_once(asked, asked, asked)

    assert sum(isinstance(each, Order) for each in told) == 1
    assert all(isinstance(each, (Order, TransitionNotAllowed)) for each in told), told
    store.settle()
    assert store.till.taken(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "debit_card", "wallet"])
def test_a_cancellation_while_the_payment_comes_in_leaves_no_money_behind(
    store: Store, kind: str
) -> None:
    """Whichever is first."""
    if kind != "wallet":
        store.script.plan("authorise", Lost())
    order = store.bought(kind)
    store.pay_page(order)
    store.clock.advance(seconds=61)
    told = store.at_once(
        CheckPayment(caller=CUSTOMER, order_id=order.id),
        CancelOrder(caller=CUSTOMER, order_id=order.id, reason="changed my mind"),
        CheckPayment(caller=CUSTOMER, order_id=order.id),
    )

    assert not [e for e in told if isinstance(e, Exception) and not _conflict(e)], told
    if store.order(order).state != S.CANCELLED:
        store.cancel(order)
    store.settle()
    assert store.order(order).state == S.CANCELLED
    assert store.violations_at_rest(order) == []
    assert store.available() == {"mug": 5, "tea": 10}


def _conflict(fault: Exception) -> bool:
    return isinstance(fault, ConcurrencyConflict)


def unpaid_until_its_expiry(store: Store, kind: str = "bank_transfer") -> Order:
    """Check out, and let the page run out; the provider cannot be told so at first."""
    order = store.bought(kind)
    store.settle()
    store.script.plan("void", *[Failed(code="gateway_down", reason="later")] * 2)
    store.clock.set(order.created_at + timedelta(hours=24))
    return order


def test_an_expiry_and_a_settlement_at_the_same_moment_never_lose_the_money(
    store: Store,
) -> None:
    """The timer fires, the page is paid and told of, all at once: whoever wins, it adds up."""
    order = unpaid_until_its_expiry(store)
    store.pay_page(order)
    check = CheckPayment(caller=CUSTOMER, order_id=order.id)
    store.at_once(WorkOnce(), check, WorkOnce(), check, WorkOnce())
    store.settle()

    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


def test_a_settlement_after_the_expiry_buys_the_goods_if_they_are_still_there(
    store: Store,
) -> None:
    """Found when the page is to be closed: reserved again, confirmed and sent."""
    order = unpaid_until_its_expiry(store)
    store.work()
    assert store.order(order).state == S.PAYMENT_EXPIRED
    assert store.available() == {"mug": 5, "tea": 10}
    store.pay_page(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.SHIPPED
    assert store.states(order)[:5] == [
        S.AWAITING_PAYMENT,
        S.PAYMENT_EXPIRED,
        S.AWAITING_PAYMENT,
        S.CONFIRMED,
        S.IN_FULFILMENT,
    ]
    assert store.violations_at_rest(order) == []


def test_a_settlement_after_the_expiry_goes_back_when_the_goods_are_gone(store: Store) -> None:
    """And the customer is told; whoever has the goods keeps them."""
    order = unpaid_until_its_expiry(store)
    store.work()
    other = store.confirmed("debit_card", reference="other", wanted=(("mug", 5),))
    assert store.pay_page(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.PAYMENT_EXPIRED
    assert order.balance.refunded == TOTAL
    assert store.written(order) == ["awaiting-payment", "payment-returned"]
    assert store.violations_at_rest(order) == []
    assert store.violations_at_rest(other) == []


def test_money_that_went_back_pays_for_nothing(store: Store) -> None:
    """It came in and was authorised once; no guard may count it any more."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=1))
    store.confirmed("debit_card", reference="other", wanted=(("mug", 5),))
    store.pay_page(order)
    store.check(order)
    facts = RULES.facts(store.order(order), store.clock.now())

    assert (facts.authorised, facts.collected, facts.money_received) == (False, False, False)


def test_an_order_whose_money_went_back_already_can_still_be_cancelled(store: Store) -> None:
    """Sold out when it was paid; its customer, or the timer, ends it without paying twice back."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=1))
    store.confirmed("debit_card", reference="other", wanted=(("mug", 5),))
    store.pay_page(order)
    store.check(order)
    store.settle()
    store.cancel(order)
    store.settle()

    assert store.order(order).state == S.CANCELLED
    assert store.till.given_back(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


def test_a_settlement_of_a_cancelled_order_goes_back(store: Store) -> None:
    """Cancelled while the page is open; paid before the provider has heard of it."""
    order = store.bought("wallet")
    store.settle(timedelta(minutes=2))
    store.cancel(order)
    store.pay_page(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.CANCELLED
    assert (store.till.taken(order.id), order.balance.refunded) == (TOTAL, TOTAL)
    assert store.violations_at_rest(order) == []


def test_the_page_of_a_cancelled_order_is_closed_and_no_longer_shown(store: Store) -> None:
    """At once, not when it would have run out by itself."""
    order = store.bought("wallet")
    assert store.page(order) is not None
    store.cancel(order)
    assert store.page(order) is None
    store.settle(timedelta(minutes=2))

    assert store.pay_page(order) is False
    assert store.order(order).balance.open_attempt is None
    assert store.violations_at_rest(order) == []


def given_up_but_not_let_go(store: Store) -> Order:
    """A debit card that was charged in the end, and nobody could find out or let it go."""
    store.script.plan("authorise", Lost())
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 1000)
    store.script.plan("void", Rejected(code="out_of_order", reason="call us"))
    order = store.bought("debit_card")
    store.settle(timedelta(minutes=20))
    assert store.order(order).state == S.PAYMENT_EXPIRED
    store.script.plans.clear()
    return order


def test_numbers_asked_for_at_once_are_taken_once_each(store: Store) -> None:
    """Workers that meet at the same number: one takes it, the others ask again; no gap is left."""
    orders = [
        store.confirmed("debit_card", reference=f"R-{n}", wanted=(("mug", 1),)) for n in range(4)
    ]
    for _ in range(40):
        told = store.at_once(*[WorkOnce()] * 4)
        assert not [each for each in told if isinstance(each, Exception)]
    store.settle()

    sales = [store.order(order).sale for order in orders]
    numbers = [sale.invoice.seq for sale in sales if sale is not None and sale.invoice is not None]
    assert sorted(numbers) == [1, 2, 3, 4]
    for order in orders:
        assert store.order(order).state == S.SHIPPED
        assert store.violations_at_rest(order) == []


def test_an_old_attempt_that_turns_out_paid_pays_back_no_more_than_the_surplus(
    store: Store,
) -> None:
    """The order lives on with the newer attempt; its money, goods and parcel are left alone."""
    order = given_up_but_not_let_go(store)
    assert isinstance(store.retry(order), Order)
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.till.taken(order.id) == TOTAL + TOTAL

    (letter,) = store.letters()
    store.close_letter(letter)
    store.settle()
    order = store.order(order)
    assert order.state == S.SHIPPED
    assert order.balance.refunded == TOTAL
    assert store.written(order).count("payment-returned") == 1
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("landed", [True, False], ids=["granted", "not granted"])
def test_an_old_attempt_found_paid_while_a_new_one_is_open_goes_back_at_once(
    store: Store, landed: bool
) -> None:
    """Whatever becomes of the new one: it pays for itself, or for nothing."""
    order = given_up_but_not_let_go(store)
    store.script.plan("authorise", Lost() if landed else Unclear(reason="timeout"))
    store.retry(order)
    assert store.order(order).state == S.AWAITING_PAYMENT
    (letter,) = store.letters()
    store.close_letter(letter)
    store.work()
    assert store.order(order).state == S.AWAITING_PAYMENT
    assert store.till.given_back(order.id) == TOTAL

    store.settle()
    order = store.order(order)
    assert order.state == (S.SHIPPED if landed else S.PAYMENT_EXPIRED)
    assert store.till.taken(order.id) == (TOTAL + TOTAL if landed else TOTAL)
    assert store.violations_at_rest(order) == []


def test_an_old_attempt_found_paid_buys_the_goods_of_an_order_that_waits(store: Store) -> None:
    """No new attempt was made: the old one is as good."""
    order = given_up_but_not_let_go(store)
    (letter,) = store.letters()
    store.close_letter(letter)
    store.settle()

    assert store.order(order).state == S.SHIPPED
    assert store.till.taken(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


def test_whoever_pays_late_is_not_named_in_the_trail(store: Store) -> None:
    """The customer's address is personal; the public part of the trail is kept for ever."""
    order = given_up_but_not_let_go(store)
    (letter,) = store.letters()
    store.close_letter(letter)
    store.settle()

    actors = {r.actor for r in store.history(order) if r.trigger == "retry_payment"}
    assert actors == {"customer:late-payment"}


def test_a_notice_of_another_tenant_finds_no_order(store: Store) -> None:
    """An order is known in its own tenant only."""
    order = store.bought("wallet")
    other = Caller.of("tenant-b", "alice")
    fault = fault_of(lambda: store.handle(CheckPayment(caller=other, order_id=order.id)))
    assert isinstance(fault, NotFound)


def test_a_notice_for_an_order_with_nothing_open_asks_nobody(
    open_store: Callable[..., Store],
) -> None:
    """A second notice, or one after the end, is answered from the rows."""
    store = open_store()
    order = store.sold("debit_card")
    asked = len(store.script.calls)
    for _ in range(3):
        assert store.check(order).state == S.SHIPPED
    assert len(store.script.calls) == asked
    assert not isinstance(store.deliver(order), Refusal)
