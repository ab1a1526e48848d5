"""A parcel of which nobody knows whether the carrier has it: no money goes back on a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.engine.saga import Failed, Rejected, Unclear
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost, Told
from tests.unit.app.retail_shop import Store
from tests.unit.app.shop import OPERATOR

DOWN = Failed(code="carrier_down", reason="no call was taken")
TIMEOUT = Unclear(reason="timeout")


def given_up(store: Store, first: Told) -> Order:
    """Return an order whose hand-over ended with a dead letter, after a carrier that was down."""
    store.script.plan("hand over", first, *[DOWN] * 50)
    store.script.plan("find hand-over", *[TIMEOUT] * 2000)
    order = store.confirmed("debit_card")
    store.settle(timedelta(hours=20))
    assert store.order(order).state == S.READY
    assert [letter.step for letter in store.letters() if letter.step == "hand-over"]
    store.script.plans.clear()
    return order


def test_a_parcel_that_may_have_left_is_not_called_off_by_its_customer(store: Store) -> None:
    """It had; once an operator has it tried again, the carrier says so."""
    order = given_up(store, Lost())
    assert store.haulier.left(order.id)
    refused = store.try_to_cancel(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "leaving"

    store.help_out()
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.till.given_back(order.id).is_zero
    assert store.violations_at_rest(order) == []


def test_a_no_after_an_operators_retry_proves_nothing_about_the_tries_before(store: Store) -> None:
    """The parcel is gone; that the carrier does not take it again is no reason to call it off."""
    order = given_up(store, Lost())
    store.script.plan("hand over", Rejected(code="already_collected", reason="nothing to collect"))
    store.help_out()
    store.settle()
    (letter,) = store.letters()
    assert (letter.step, letter.code) == ("hand-over", "already_collected")
    refused = store.try_to_cancel(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "leaving"
    assert store.order(order).state == S.READY
    assert store.till.given_back(order.id).is_zero


@pytest.mark.parametrize("first", [DOWN, TIMEOUT], ids=["down", "unclear"])
def test_an_operator_who_knows_better_calls_it_off(
    open_store: Callable[..., Store], first: Told
) -> None:
    """The carrier has never got it."""
    store = open_store()
    order = given_up(store, first)
    store.cancel(order, caller=OPERATOR)
    store.settle()

    assert store.order(order).state == S.CANCELLED
    assert not store.haulier.left(order.id)
    assert store.violations_at_rest(order) == []
