"""An order that costs nothing waits for no payment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.app import PullTrigger
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.shop import OPERATOR, Shop, fault_of
from tests.unit.app.tables import giving_away

FREE = giving_away("vps")

# A free order, too, is looked at by a person before it waits for its payment.
APPROVED = PROVISIONING.extend(
    name="approved",
    states=("approval",),
    rows=(
        row("submit", "draft", "approval", who=("customer",), emits="order.submitted"),
        row("approve", "approval", "pending_payment", who=("operator",), emits="order.approved"),
    ),
    without_rows=(("submit", "draft"),),
)


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    """A shop that gives virtual servers away."""
    return open_shop(rules=FREE)


def test_an_order_that_costs_nothing_needs_no_payment(shop: Shop) -> None:
    """Nobody can pay nothing: waiting for it would end with the deadline of unpaid orders."""
    order = shop.submit(shop.place(a_vps(), a_vps()))
    assert (order.state, order.ledger) == ("payment_confirmed", ())
    confirmed = shop.history(order)[-1]
    assert (confirmed.actor, confirmed.reason) == ("system:ordercore", "nothing to pay")
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert "order.payment-confirmed" in shop.types(order)
    assert shop.violations(order.id) == []


def test_an_order_of_which_only_a_part_is_free_waits_for_its_payment(shop: Shop) -> None:
    """The total decides."""
    assert shop.submit(shop.place(a_vps(), a_database())).state == "pending_payment"


def test_a_free_order_that_is_cancelled_pays_nothing_back(shop: Shop) -> None:
    """And brought back it goes its way again, still without a payment."""
    order = shop.cancel(shop.submit(shop.place()))
    shop.run()
    assert (order.sagas, shop.bank.movements) == ((), [])
    restored = shop.restore(order)
    assert isinstance(restored, Order)
    shop.submit(restored)
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []


def test_money_for_a_free_order_is_a_fault_and_not_ignored(shop: Shop) -> None:
    """As with a second payment of any other order."""
    order = shop.submit(shop.place())
    fault = fault_of(lambda: shop.report(order, 100))
    assert isinstance(fault, TransitionNotAllowed)
    assert shop.order(order) == order


def test_whatever_way_leads_to_the_payment_a_free_order_does_not_wait(
    open_shop: Callable[..., Shop],
) -> None:
    """Also where a host lets a person approve it first."""
    rules = ProvisioningRules(lifecycle=APPROVED, price_books=FREE.price_books)
    shop = open_shop(rules=rules)
    order = shop.submit(shop.place())
    assert order.state == "approval"
    approved = shop.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger="approve"))
    assert isinstance(approved, Order)
    assert approved.state == "payment_confirmed"


def test_where_a_host_confirms_payments_in_its_own_way_a_free_order_waits_for_that(
    open_shop: Callable[..., Shop],
) -> None:
    """Its lifecycle has no row that could be taken for it; submitting is no fault all the same."""
    settled = PROVISIONING.extend(
        name="settled",
        rows=(row("settle", "pending_payment", "payment_confirmed", who=("operator",)),),
        without_rows=(("confirm_payment", "pending_payment"),),
    )
    shop = open_shop(rules=ProvisioningRules(lifecycle=settled, price_books=FREE.price_books))
    assert shop.submit(shop.place()).state == "pending_payment"
