"""A payment pays one order: what was reported for one is refused for every other of the tenant."""

from __future__ import annotations

from ordercore.app import Caller, ConfirmPayment
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import TOTAL, Store
from tests.unit.app.shop import OPERATOR, SYSTEM, TENANT, Shop


def code(answer: Order | Refusal) -> str:
    """Return the code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def waiting(shop: Shop, reference: str) -> Order:
    """Return an order of services that waits for its payment."""
    return shop.submit(shop.place(reference=reference))


def report(shop: Shop, order: Order, reference: str, caller: Caller = SYSTEM) -> Order | Refusal:
    """Report a payment of the order's price."""
    asked = ConfirmPayment(
        caller=caller, order_id=order.id, reference=reference, amount=order.total
    )
    return shop.handle(asked)


def test_a_payment_of_services_is_not_counted_for_a_second_order(shop: Shop) -> None:
    """The second waits on, and may be paid by a payment of its own."""
    first, second = waiting(shop, "one"), waiting(shop, "two")
    assert isinstance(report(shop, first, "bank-1"), Order)
    refused = report(shop, second, "bank-1")
    assert code(refused) == "payment_of_another_order"
    assert shop.order(second) == second
    assert isinstance(report(shop, second, "bank-2"), Order)


def test_reported_twice_for_its_own_order_it_changes_nothing(shop: Shop) -> None:
    """Also under another key, by somebody else."""
    order = waiting(shop, "one")
    assert isinstance(report(shop, order, "bank-1"), Order)
    paid = shop.order(order)
    again = report(shop, order, "bank-1", Caller.of(TENANT, "olga", role="operator"))
    assert again == paid
    assert shop.order(order) == paid


def test_taken_back_it_may_be_confirmed_anew_and_still_pays_no_other(shop: Shop) -> None:
    """A reversal moves no money: it is there, and belongs to its order."""
    first, second = waiting(shop, "one"), waiting(shop, "two")
    assert isinstance(report(shop, first, "bank-1"), Order)
    shop.revert(shop.order(first))
    assert code(report(shop, second, "bank-1")) == "payment_of_another_order"
    assert isinstance(report(shop, first, "bank-1"), Order)


def test_money_that_came_too_late_pays_no_other_order_either(shop: Shop) -> None:
    """It is on its way back."""
    first, second = waiting(shop, "one"), waiting(shop, "two")
    shop.cancel(first)
    assert isinstance(report(shop, first, "bank-1"), Order)
    assert code(report(shop, second, "bank-1")) == "payment_of_another_order"


def test_one_receipt_is_not_the_cash_of_two_parcels(store: Store) -> None:
    """The second stays unpaid until somebody brings its own."""
    first = store.sold("cash_on_delivery")
    second = store.sold("cash_on_delivery", reference="R-2")
    for order in (first, second):
        store.deliver(order)
    assert isinstance(store.cash(first, "receipt-1"), Order)
    assert isinstance(store.cash(first, "receipt-1"), Order)
    assert code(store.cash(second, "receipt-1")) == "payment_of_another_order"
    assert store.order(second).state == S.DELIVERED
    assert isinstance(store.cash(second, "receipt-2"), Order)
    assert [store.order(order).state for order in (first, second)] == [S.COMPLETED] * 2
    for order in (first, second):
        assert store.violations_at_rest(order) == []


def test_two_ways_to_pay_have_receipts_of_their_own(store: Store) -> None:
    """The till in the shop counts for itself."""
    first, second = store.sold("cash_on_delivery"), store.sold("in_person", reference="R-2")
    assert isinstance(store.cash(first, "1"), Order)
    assert isinstance(store.cash(second, "1"), Order)


def test_reported_for_two_orders_at_once_one_is_paid(store: Store) -> None:
    """Whoever comes second is refused, not both and not none."""
    orders = [
        store.sold("cash_on_delivery", reference=f"R-{n}", wanted=(("mug", 1),)) for n in (1, 2)
    ]
    price = orders[0].total
    assert price < TOTAL
    asked = [store.cash_asked(order, "receipt-1", price) for order in orders]
    answers = store.at_once(*asked)
    assert sorted(isinstance(each, Order) for each in answers) == [False, True]
    (lost,) = [each for each in answers if not isinstance(each, Order)]
    assert code(lost) == "payment_of_another_order"


def test_what_is_given_to_the_store_names_kind_reference_and_order(store: Store) -> None:
    """And nothing for money that a provider was asked for: its references are ours."""
    order = store.sold("in_person")
    store.cash(order, "receipt-1", caller=OPERATOR)
    card = store.sold("credit_card", reference="R-2", wanted=(("mug", 1),))
    assert store.order(card).balance.captured == card.total
    assert store.tables.of(TENANT).payments == {("in_person", "receipt-1"): order.id}
