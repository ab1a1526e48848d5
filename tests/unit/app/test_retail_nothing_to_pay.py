"""An unpaid order whose price is lowered to nothing goes on: there is nothing left to pay (R1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.orders.repricing import lowered
from ordercore.domain.processes import open_turn
from ordercore.domain.processes.retail import PriceCut, retry_payment
from ordercore.engine.saga import Rejected, Unclear
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import RULES, TOTAL, Store
from tests.unit.app.shop import CUSTOMER, TENANT

NOTHING = Money.zero("EUR")
REFUSED = Rejected(code="declined", reason="no")


def lowered_to_nothing(store: Store, order: Order) -> Order | Refusal:
    """Let an operator give it all away."""
    return store.reprice(order, *[PriceCut(item=str(each.id), to=NOTHING) for each in order.items])


def _page(store: Store) -> Order:
    return store.bought("wallet")


def _swept(store: Store) -> Order:
    order = store.bought("bank_transfer")
    store.settle(timedelta(hours=1))
    assert store.level("mug").reserved == 0
    return order


def _unknown(store: Store) -> Order:
    store.script.plan("authorise", Unclear(reason="timeout"))
    return store.bought("credit_card")


def _failed(store: Store) -> Order:
    store.script.plan("authorise", REFUSED)
    order = store.bought("credit_card")
    store.settle()
    return order


def _expired(store: Store) -> Order:
    store.script.plan("authorise", Rejected(code="gateway_down", reason="no"))
    order = store.bought("debit_card")
    store.settle()
    return order


UNPAID: Final[dict[str, tuple[Callable[[Store], Order], S]]] = {
    "page": (_page, S.AWAITING_PAYMENT),
    "swept": (_swept, S.AWAITING_PAYMENT),
    "unknown": (_unknown, S.AWAITING_PAYMENT),
    "failed": (_failed, S.PAYMENT_FAILED),
    "expired": (_expired, S.PAYMENT_EXPIRED),
}


@pytest.mark.parametrize("how", UNPAID)
def test_it_is_confirmed_and_sent_without_a_payment(store: Store, how: str) -> None:
    """The attempt that was open is taken back; in two days nobody has called the order off."""
    reach, state = UNPAID[how]
    order = reach(store)
    assert store.order(order).state == state
    answer = lowered_to_nothing(store, order)
    assert isinstance(answer, Order), answer
    assert (answer.state, answer.total) == (S.CONFIRMED, NOTHING)
    assert answer.sale is not None
    assert answer.sale.reserved
    store.settle(timedelta(hours=60))

    order = store.order(order)
    assert order.state == S.SHIPPED
    assert len(order.balance.attempts) == 1
    assert store.till.taken(order.id) == store.till.held(order.id) == NOTHING
    assert {"confirmed", "price-lowered"} < set(store.written(order))
    assert store.violations_at_rest(order) == []


def test_the_trail_names_nobody_who_tried_to_pay_again(store: Store) -> None:
    """The row is a customer's, and no customer has asked."""
    order = _failed(store)
    lowered_to_nothing(store, order)
    (retried,) = (r for r in store.history(order) if r.trigger == T.RETRY_PAYMENT)
    assert retried.actor == "customer:nothing-to-pay"
    assert retried.reason == "goodwill: late"


@pytest.mark.parametrize("how", ["swept", "failed", "expired"])
def test_without_the_goods_the_price_stays(store: Store, how: str) -> None:
    """The refusal says what is missing, and nothing of it has happened."""
    order = UNPAID[how][0](store)
    other = store.confirmed("cash_on_delivery", reference="other", wanted=(("mug", 4),))
    before = store.order(order)
    refused = lowered_to_nothing(store, order)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.reason) == ("out_of_stock", "2 of mug wanted, 1 available")
    assert store.order(order) == before

    store.receive("mug", 1)
    assert isinstance(lowered_to_nothing(store, order), Order)
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == store.violations_at_rest(other) == []


def test_a_page_that_is_paid_in_that_moment_gives_all_of_it_back(store: Store) -> None:
    """It was still open; closing it finds the money."""
    order = store.bought("wallet")
    lowered_to_nothing(store, order)
    assert store.pay_page(order)
    store.settle()

    order = store.order(order)
    assert order.state == S.SHIPPED
    assert order.balance.refunded == TOTAL
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "debit_card"])
def test_a_card_that_was_charged_unheard_is_let_go(store: Store, kind: str) -> None:
    """The answer came too late to be needed."""
    store.script.plan("authorise", Lost())
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 3)
    order = store.bought(kind)
    lowered_to_nothing(store, order)
    store.settle()

    order = store.order(order)
    assert order.state == S.SHIPPED
    assert store.till.held(order.id).is_zero
    assert store.till.given_back(order.id) == store.till.taken(order.id)
    assert store.violations_at_rest(order) == []


def test_a_line_that_still_costs_something_is_still_to_be_paid(store: Store) -> None:
    """Only an order that costs nothing at all is confirmed."""
    order = _failed(store)
    store.reprice(order, PriceCut(item="1", to=NOTHING))
    assert store.order(order).state == S.PAYMENT_FAILED


def test_the_limit_of_attempts_is_none_for_what_costs_nothing() -> None:
    """A new attempt would charge nobody, so none is begun."""
    rules = evolve(RULES, most_payment_attempts=1)
    store = Store(selling=rules)
    order = _failed(store)
    lines = tuple((item.id, item.price) for item in order.items)
    free = evolve(store.order(order), items=lowered(order.items, lines, invoiced=False))
    turn = open_turn(
        rules,
        free,
        at=store.clock.now(),
        actor=CUSTOMER.actor,
        draw=0,
        sagas=store.tables.of(TENANT).sagas_in_order(order.id),
    )
    assert retry_payment(turn) is None
    assert turn.order.state == S.CONFIRMED
    assert len(turn.order.balance.attempts) == 1
