"""A capture that was given up, and of which it turns out that the money had been taken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Failed, Rejected
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import TOTAL, Store

DOWN = Failed(code="gateway_down", reason="no call was taken")
TAKEN = Rejected(code="already_captured", reason="under another request")


def money_came_and_went_back(store: Store, order: Order) -> None:
    """The order is cancelled; what was taken is in the books, and so is its way back."""
    store.settle(timedelta(hours=1))
    now = store.order(order)
    assert now.state == S.CANCELLED
    assert store.till.taken(order.id) == now.balance.captured == TOTAL
    assert store.till.given_back(order.id) == now.balance.refunded == TOTAL
    assert store.letters() == ()
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("answer", [DOWN, TAKEN], ids=["down", "refused"])
def test_a_capture_that_landed_before_the_gateway_was_down_for_hours_goes_back(
    store: Store, answer: Failed | Rejected
) -> None:
    """Its first answer is lost, the others are no; only the undo finds out that it was taken."""
    store.script.plan("capture", Lost(), *[answer] * 20)
    store.script.plan("find payment", answer)
    order = store.confirmed("credit_card")
    store.settle(timedelta(hours=5))
    money_came_and_went_back(store, order)


@pytest.mark.parametrize("answer", [DOWN, TAKEN], ids=["down", "refused"])
def test_a_capture_that_landed_while_its_order_was_called_off_goes_back(
    store: Store, answer: Failed | Rejected
) -> None:
    """The look-up on the way back cannot tell at first."""
    store.script.plan("capture", Lost())
    order = store.confirmed("credit_card")
    store.work()
    assert store.order(order).state == S.IN_FULFILMENT
    store.script.plan("find payment", answer)
    store.cancel(order)
    money_came_and_went_back(store, order)
