"""Cash that was really paid is booked whatever became of the order, and goes back if need be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes.retail import PriceCut
from ordercore.engine.saga import Failed, Unclear
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import CARRIER, TOTAL, Store
from tests.unit.app.shop import OPERATOR

NOTHING = Money.zero("EUR")
CASH = ("cash_on_delivery", "in_person")


def code(answer: Order | Refusal) -> str:
    """Return why it was refused."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def lowered_to_nothing(store: Store, order: Order) -> None:
    """Let an operator give it all away."""
    cuts = [PriceCut(item=str(item.id), to=NOTHING) for item in order.items]
    assert isinstance(store.reprice(order, *cuts), Order)


def went_straight_back(store: Store, order: Order, state: S) -> None:
    """Assert that the cash is booked, and that all of it is with the customer again."""
    assert isinstance(store.cash(order, amount=TOTAL), Order)
    store.settle()
    booked = store.order(order)
    assert booked.state == state
    assert booked.balance.confirmed == booked.balance.refunded == TOTAL
    assert isinstance(store.cash(order, amount=TOTAL), Order), "told again, it is the one it was"
    assert store.order(order).version == booked.version
    assert code(store.cash(order, "cash-2", TOTAL)) == "not_on_delivery"


@pytest.mark.parametrize("kind", CASH)
def test_cash_told_after_a_return_goes_straight_back(store: Store, kind: str) -> None:
    """The carrier hands the money in once a week; the parcel was back sooner."""
    order = store.sold(kind)
    store.deliver(order)
    assert isinstance(store.send_back(order), Order)
    store.settle()
    went_straight_back(store, order, S.RETURNED)
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("how", ["lost", "undeliverable"])
def test_cash_for_a_parcel_that_was_given_up_goes_straight_back(store: Store, how: str) -> None:
    """Whatever the carrier said of it, the customer has paid."""
    order = store.sold("cash_on_delivery")
    assert isinstance(store.send_back(order, caller=CARRIER, **{how: True}), Order)
    went_straight_back(store, order, S.RETURNED)
    assert store.violations_at_rest(order) == []


def test_a_second_payment_of_what_came_back_is_refused(store: Store) -> None:
    """It was paid once, and that is on its way back."""
    order = store.sold("cash_on_delivery")
    store.deliver(order)
    store.cash(order)
    store.send_back(order)
    store.settle()
    assert code(store.cash(order, "cash-2")) == "not_on_delivery"
    assert store.order(order).balance.refunded == TOTAL
    assert store.violations_at_rest(order) == []


def test_cash_for_a_parcel_that_had_left_unheard_goes_straight_back(store: Store) -> None:
    """An operator called it off because nobody knew; its carrier had taken it."""
    store.script.plan("hand over", Lost(), *[Failed(code="carrier_down", reason="no")] * 50)
    store.script.plan("find hand-over", *[Unclear(reason="timeout")] * 2000)
    order = store.confirmed("cash_on_delivery")
    store.settle(timedelta(hours=20))
    store.script.plans.clear()
    assert code(store.cash(order)) == "not_on_delivery", "not yet"
    store.cancel(order, caller=OPERATOR)
    assert store.haulier.left(order.id)
    went_straight_back(store, order, S.CANCELLED)


@pytest.mark.parametrize("state", [S.CONFIRMED, S.READY])
def test_no_cash_is_taken_for_what_was_called_off_before_it_could_leave(
    store: Store, state: S
) -> None:
    """The carrier has mixed up two parcels."""
    order = store.confirmed("cash_on_delivery")
    while store.order(order).state != state:
        store.work_a_little(1)
    assert isinstance(store.try_to_cancel(order), Order)
    store.settle()
    assert code(store.cash(order)) == "not_on_delivery"
    assert store.violations_at_rest(order) == []


@pytest.mark.parametrize("kind", CASH)
@pytest.mark.parametrize("state", [S.SHIPPED, S.COMPLETED])
def test_cash_asked_for_by_the_paper_goes_back_where_the_price_is_nothing_by_now(
    store: Store, kind: str, state: S
) -> None:
    """Whoever brought the parcel could not know; no other amount is taken."""
    order = store.sold(kind)
    lowered_to_nothing(store, order)
    if state == S.COMPLETED:
        store.deliver(order)
    for amount in (NOTHING, TOTAL - Money(1, "EUR")):
        assert code(store.cash(order, amount=amount)) == "amount_differs"
    went_straight_back(store, order, state)
    assert store.violations_at_rest(order) == []


def test_no_cash_is_taken_for_what_never_cost_anything(store: Store) -> None:
    """There is no amount that anybody could have asked for."""
    order = store.sold("cash_on_delivery", wanted=(("card", 1),))
    assert code(store.cash(order, amount=NOTHING)) == "not_on_delivery"
