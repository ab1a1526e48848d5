"""What letters about goods carry, and when one of them goes out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import Caller, ResendLetter
from ordercore.domain.delivery import RedeliveryLimit
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes.retail import invoice_of
from ordercore.engine.saga import Failed
from ordercore.kernel.errors import ConcurrencyConflict, IdempotencyKeyReused
from ordercore.kernel.result import Refusal
from ordercore.ports import LetterKind
from tests.unit.app.retail_shop import CARRIER, RULES, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, fault_of

DAY = timedelta(days=1)


def asked_again(
    store: Store, order: Order, letter: str = "shipped", *, caller: Caller = CUSTOMER
) -> Order | Refusal:
    """Ask for a letter once more."""
    return store.handle(ResendLetter(caller=caller, order_id=order.id, letter=letter))


def code_of(answer: Order | Refusal) -> str:
    """Return the code of a refusal."""
    assert isinstance(answer, Refusal), answer.state
    return answer.code


def test_the_invoice_goes_with_the_letter_that_the_goods_have_left(store: Store) -> None:
    """With no other; it is the one that the order has."""
    order = store.sold("credit_card")
    enclosed = {each.kind: each.documents for each in store.mailbox.letters.values()}
    assert enclosed == {LetterKind.CONFIRMED: (), LetterKind.SHIPPED: (invoice_of(order),)}


@pytest.mark.parametrize("caller", [CUSTOMER, OPERATOR])
def test_a_letter_that_was_sent_goes_out_again_as_a_letter_of_its_own(
    store: Store, caller: Caller
) -> None:
    """Under a key of its own, with the invoice, and on record with who asked."""
    order = store.sold("debit_card")
    assert order.sale is not None
    assert order.sale.letters == ("confirmed", "shipped")
    assert isinstance(asked_again(store, order, caller=caller), Order)
    store.settle()

    assert store.written(order) == ["confirmed", "shipped", "shipped"]
    *_, first, second = store.mailbox.letters.values()
    assert first == evolve(second, key=first.key)
    assert [kind for kind in store.kinds(order) if "letter" in kind] == [
        "order.letter-sent",
        "order.letter-sent",
        "order.letter-requested",
        "order.letter-sent",
    ]
    (request,) = (r for r in store.history(order) if r.kind == "order.letter-requested")
    assert request.actor == f"{caller.actor.role}:{caller.actor.id}"
    assert store.violations_at_rest(order) == []


def test_the_same_request_sends_one_letter(store: Store) -> None:
    """The key holds for this letter only."""
    order = store.sold("credit_card")
    keyed = evolve(CUSTOMER, idempotency_key="again")
    answers = [asked_again(store, order, caller=keyed) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    fault = fault_of(lambda: asked_again(store, order, "confirmed", caller=keyed))
    assert isinstance(fault, IdempotencyKeyReused)
    store.settle()
    assert store.written(order) == ["confirmed", "shipped", "shipped"]


def test_only_what_was_sent_is_sent_again(store: Store) -> None:
    """What was never written is refused, whatever it is called; nothing is recorded."""
    order = store.confirmed("credit_card")
    version = store.order(order).version
    for letter in ("confirmed", "shipped", "birthday", "order.letter-sent"):
        assert code_of(asked_again(store, order, letter)) == "no_such_letter"
    assert store.order(order).version == version
    store.settle()
    assert isinstance(asked_again(store, order, "confirmed"), Order)


def test_a_letter_that_is_no_longer_so_is_not_sent_again(store: Store) -> None:
    """Nobody is asked to pay twice, or told that a cancelled order is confirmed."""
    order = store.bought("wallet")
    store.work()
    assert store.written(order) == ["awaiting-payment"]
    assert isinstance(asked_again(store, order, "awaiting-payment"), Order)
    store.work()
    assert store.written(order) == ["awaiting-payment"] * 2
    store.pay_page(order)
    store.check(order)
    assert code_of(asked_again(store, order, "awaiting-payment")) == "letter_overtaken"
    store.settle()
    order = store.order(order)
    store.deliver(order)
    store.send_back(order)
    store.settle()
    assert store.order(order).state == S.RETURNED
    for letter in ("confirmed", "shipped"):
        assert code_of(asked_again(store, order, letter)) == "letter_overtaken"


def test_a_notice_that_money_went_back_can_be_asked_for_again(store: Store) -> None:
    """It tells what is over, so it holds in every state."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=1))
    store.confirmed("debit_card", reference="other", wanted=(("tea", 10),))
    store.pay_page(order)
    store.check(order)
    store.settle()
    assert isinstance(asked_again(store, order, "payment-returned"), Order)
    store.settle()
    assert store.written(order) == ["awaiting-payment", *["payment-returned"] * 2]


def test_three_times_in_a_day_and_the_refusal_says_when_again(store: Store) -> None:
    """All letters of an order count together, as every way to the same mailbox does."""
    order = store.sold("credit_card")
    first = store.clock.now()
    for letter in ("shipped", "confirmed", "shipped"):
        assert isinstance(asked_again(store, order, letter), Order)
        store.clock.advance(seconds=60)
    refused = asked_again(store, order, caller=OPERATOR)
    assert code_of(refused) == "redelivery_limited"
    assert isinstance(refused, Refusal)
    assert f"{(first + DAY):%Y-%m-%dT%H:%M:%S}" in refused.reason
    store.clock.set(first + DAY)
    assert isinstance(asked_again(store, order), Order)
    assert code_of(asked_again(store, order)) == "redelivery_limited"


def test_a_host_sets_the_limit(open_store: Callable[..., Store]) -> None:
    """None at all is one, too."""
    never = evolve(RULES, redelivery=RedeliveryLimit(count=0, within_s=60))
    shop = open_store(selling=never)
    assert code_of(asked_again(shop, shop.sold("credit_card"))) == "redelivery_limited"


def test_carriers_read_no_letters(store: Store) -> None:
    """Those who report have no business with them."""
    order = store.sold("credit_card")
    assert code_of(asked_again(store, order, caller=CARRIER)) == "not_permitted"


def test_a_version_that_is_not_the_order_s_any_more_is_a_conflict(store: Store) -> None:
    """As for every other write."""
    order = store.sold("credit_card")
    asked = ResendLetter(caller=CUSTOMER, order_id=order.id, letter="shipped", expected_version=1)
    assert isinstance(fault_of(lambda: store.handle(asked)), ConcurrencyConflict)


def test_a_letter_that_does_not_go_out_is_tried_again_and_then_parked(store: Store) -> None:
    """Like the first one: an operator sees to it, and the customer gets one copy."""
    order = store.sold("credit_card")
    store.script.plan("letter", *[Failed(code="busy", reason="not now")] * 40)
    asked_again(store, order)
    store.settle(timedelta(days=2))
    (letter,) = store.letters()
    assert letter.step == "send-letter"
    store.script.plans.clear()
    store.close_letter(letter)
    store.settle()
    assert store.written(order) == ["confirmed", "shipped", "shipped"]
