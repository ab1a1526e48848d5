"""Letters that events overtake before they go out: judged once more at the moment of sending."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.app import ResendLetter
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Failed, Unclear
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import CUSTOMER

BUSY = Failed(code="busy", reason="not now")


def test_a_letter_asked_for_again_is_not_sent_once_the_order_is_cancelled(store: Store) -> None:
    """It was still so when it was asked for."""
    store.script.plan("pick 1", *[Unclear(reason="nobody knows")] * 3)
    order = store.confirmed("wallet")
    while "confirmed" not in store.written(order):
        store.work_a_little(1)
    asked = ResendLetter(caller=CUSTOMER, order_id=order.id, letter="confirmed")
    assert isinstance(store.handle(asked), Order)
    assert isinstance(store.try_to_cancel(order), Order)
    store.settle()

    assert store.order(order).state == S.CANCELLED
    assert store.written(order) == ["confirmed"]
    assert store.kinds(order).count("order.letter-sent") == 1
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("letter", ["confirmed", "shipped"])
def test_a_letter_an_operator_has_tried_again_is_not_sent_of_what_came_back(
    store: Store, letter: str
) -> None:
    """It lay among the dead letters for days."""
    sent = [] if letter == "confirmed" else ["confirmed"]
    order = store.confirmed("debit_card")
    if sent:
        while store.written(order) != sent:
            store.work_a_little(1)
    store.script.plan("letter", *[BUSY] * 40)
    store.settle(timedelta(days=1))
    store.deliver(order)
    store.send_back(order)
    assert store.order(order).state == S.RETURNED
    store.script.plans.clear()
    store.help_out()
    store.settle()

    assert store.written(order) == sent
    assert store.violations_at_rest(order, by_hand=True) == []


def test_the_first_letter_of_an_order_that_moved_on_still_goes_out(store: Store) -> None:
    """That it was confirmed is so as long as it is sold."""
    store.script.plan("letter", *[BUSY] * 40)
    order = store.confirmed("credit_card")
    store.settle(timedelta(days=1))
    store.deliver(order)
    assert store.order(order).state == S.COMPLETED
    store.script.plans.clear()
    store.help_out()
    store.settle()

    assert sorted(store.written(order)) == ["confirmed", "shipped"]
    assert store.violations_at_rest(order, by_hand=True) == []
