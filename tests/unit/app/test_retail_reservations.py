"""Goods that are held for whoever is about to pay: for how long, and what happens then (R2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.app import ProlongReservation
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Rejected, Unclear
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import MUGS_AND_TEA, RULES, TOTAL, Store, lines
from tests.unit.app.shop import CUSTOMER

ALL = {"mug": 5, "tea": 10}
LESS = {"mug": 3, "tea": 7}


def prolong(store: Store, order: Order) -> Order:
    """Ask for more time."""
    answer = store.handle(ProlongReservation(caller=CUSTOMER, order_id=order.id))
    assert isinstance(answer, Order), answer
    return answer


def test_unpaid_goods_are_let_go_when_their_time_is_over_and_the_order_waits_on(
    store: Store,
) -> None:
    """Swept to the minute; the page stays open."""
    order = store.bought("wallet")
    assert store.reserved_until(order) == order.created_at + RULES.held_for
    store.settle(RULES.held_for - timedelta(seconds=1))
    assert store.available() == LESS
    store.settle(timedelta(seconds=1))

    assert store.available() == ALL
    assert store.order(order).state == S.AWAITING_PAYMENT
    assert store.kinds(order)[-1] == "order.stock-released"
    assert store.page(order) is not None
    assert store.violations_at_rest(order) == []


def test_a_customer_who_is_still_at_it_gets_more_time(store: Store) -> None:
    """From now on, not on top."""
    order = store.bought("wallet")
    store.settle(timedelta(minutes=20))
    prolong(store, order)
    store.settle(timedelta(minutes=29))
    assert store.available() == LESS
    store.settle(timedelta(minutes=2))
    assert store.available() == ALL


def test_what_was_let_go_is_not_prolonged(store: Store) -> None:
    """Others may have it by now."""
    order = store.bought("wallet")
    store.settle(timedelta(minutes=31))
    before = store.order(order).version
    prolong(store, order)

    assert store.order(order).version == before
    assert store.available() == ALL


@pytest.mark.parametrize("kind", ["cash_on_delivery", "credit_card", "wallet"])
def test_goods_of_a_confirmed_order_have_no_time_that_could_be_over(
    store: Store, kind: str
) -> None:
    """Prolonging it sets none either: they stand until the goods leave."""
    order = store.confirmed(kind)
    before = store.order(order).version
    prolong(store, order)

    assert store.order(order).version == before
    assert store.reserved_until(order) is None
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", ["credit_card", "debit_card"])
def test_goods_are_held_for_as_long_as_the_outcome_of_a_card_is_unknown(
    store: Store, kind: str
) -> None:
    """However short the time of a page may be; nobody else is sold them meanwhile."""
    store.script.plan("authorise", Unclear(reason="timeout"))
    store.script.plan("find payment", *[Unclear(reason="timeout")] * 1000)
    order = store.bought(kind)
    assert store.reserved_until(order) is None
    store.settle(timedelta(minutes=14))
    assert store.order(order).state == S.AWAITING_PAYMENT
    assert store.available() == LESS
    store.settle(timedelta(minutes=2))

    assert store.order(order).state == S.PAYMENT_EXPIRED
    assert store.available() == ALL


def test_a_page_paid_after_the_sweep_buys_goods_that_are_still_there(store: Store) -> None:
    """They are reserved again in the same moment."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=1))
    assert store.available() == ALL
    store.pay_page(order)
    store.check(order)
    assert store.available() == LESS
    store.settle()

    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


def test_a_page_paid_after_the_sweep_goes_back_when_the_goods_are_gone(store: Store) -> None:
    """The customer is told; nothing is half reserved."""
    order = store.bought("wallet")
    store.settle(timedelta(hours=1))
    other = store.confirmed("debit_card", reference="other", wanted=(("tea", 10),))
    store.pay_page(order)
    assert store.check(order).state == S.PAYMENT_EXPIRED
    store.settle()

    order = store.order(order)
    assert order.balance.refunded == TOTAL
    assert store.written(order) == ["awaiting-payment", "payment-returned"]
    assert store.level("mug").reserved == 0
    assert store.violations_at_rest(order) == []
    assert store.violations_at_rest(other) == []


def test_a_new_attempt_reserves_before_anybody_is_charged(store: Store) -> None:
    """Without the goods no new attempt is made, and the order says what is missing."""
    store.script.plan("authorise", Rejected(code="declined", reason="no"))
    order = store.bought("credit_card")
    store.work()
    assert store.available() == ALL
    store.confirmed("debit_card", reference="other", wanted=(("mug", 4),))
    asked = len(store.script.calls)

    refused = store.retry(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "out_of_stock"
    assert refused.reason == "2 of mug wanted, 1 available"
    assert len(store.script.calls) == asked
    assert store.order(order).state == S.PAYMENT_FAILED
    assert store.order(order).balance.open_attempt is None

    store.receive("mug", 1)
    answer = store.retry(order)
    assert isinstance(answer, Order)
    assert answer.state == S.CONFIRMED
    store.settle()
    assert store.violations_at_rest(order) == []


def test_one_sku_on_two_lines_is_reserved_as_their_sum(store: Store) -> None:
    """Each alone would fit."""
    refused = store.check_out("wallet", lines=lines(("mug", 3), ("mug", 3)))
    assert isinstance(refused, Refusal)
    assert refused.code == "out_of_stock"
    assert [f.message for f in refused.findings] == ["6 of mug requested, 5 available"]
    assert store.available() == ALL


def test_what_is_short_is_listed_line_by_line_and_nothing_is_reserved(store: Store) -> None:
    """Also what there would be enough of; the reference is free for another try."""
    refused = store.check_out("wallet", wanted=(("card", 1), ("mug", 6), ("tea", 99)))
    assert isinstance(refused, Refusal)
    assert [(f.field, f.allowed) for f in refused.findings] == [
        ("lines[1].quantity", "at most 5"),
        ("lines[2].quantity", "at most 10"),
    ]
    assert store.level("card").reserved == 0
    assert not store.tables.of(CUSTOMER.tenant).orders

    assert store.bought("wallet", wanted=MUGS_AND_TEA).state == S.AWAITING_PAYMENT


def test_goods_of_an_order_nobody_pays_for_are_free_again_however_it_ends(store: Store) -> None:
    """Expired by its timer, then cancelled a day later."""
    order = store.bought("voucher")
    store.settle(timedelta(hours=49))

    assert store.order(order).state == S.CANCELLED
    assert store.states(order) == [S.AWAITING_PAYMENT, S.PAYMENT_EXPIRED, S.CANCELLED]
    assert store.available() == ALL
    assert store.violations_at_rest(order) == []
