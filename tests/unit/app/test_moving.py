"""Triggers of a host's own, pulled by people, and the validation that waits behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.app import NextDue, PullTrigger
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING, ProvisioningTrigger
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.result import Refusal
from tests.unit.app.shop import CUSTOMER, OPERATOR, Shop, fault_of

# A paid order is looked at by a person before it is validated.
REVIEWED = PROVISIONING.extend(
    name="reviewed",
    states=("review",),
    rows=(
        row("hold", "payment_confirmed", "review", who=("operator",), emits="order.held"),
        row("clear", "review", "validating", who=("operator",), emits="order.cleared"),
        row("cancel", "review", "cancelled", who=("customer", "operator")),
    ),
)


@pytest.fixture
def reviewing(open_shop: Callable[..., Shop]) -> Shop:
    """A shop whose lifecycle has a state and two triggers of its own."""
    shop = open_shop()
    shop.under(ProvisioningRules(lifecycle=REVIEWED))
    return shop


def test_a_held_order_is_not_validated_and_a_cleared_one_goes_through(reviewing: Shop) -> None:
    """Leaving the paid states withdraws the validation; coming back by another row asks for it."""
    order = reviewing.paid()
    held = reviewing.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger="hold"))
    assert isinstance(held, Order)
    reviewing.run()
    assert reviewing.order(order).state == "review"
    reviewing.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger="clear"))
    reviewing.run()
    assert reviewing.order(order).state == "fulfilled"
    assert {"order.held", "order.cleared"} <= set(reviewing.types(order))


def test_only_the_roles_of_the_row_may_pull_it(reviewing: Shop) -> None:
    """A customer cannot hold an order; nothing changes."""
    order = reviewing.paid()
    refused = reviewing.handle(PullTrigger(caller=CUSTOMER, order_id=order.id, trigger="hold"))
    assert isinstance(refused, Refusal)
    assert refused.code == "not_permitted"
    assert reviewing.order(order) == order


def test_a_trigger_the_lifecycle_lacks_is_a_fault_that_names_what_is_allowed(shop: Shop) -> None:
    """The same words as for every other trigger."""
    order = shop.paid()
    fault = fault_of(
        lambda: shop.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger="hold"))
    )
    assert isinstance(fault, TransitionNotAllowed)
    assert "start_validation" in fault.allowed


@pytest.mark.parametrize("trigger", list(ProvisioningTrigger))
def test_triggers_with_consequences_cannot_be_pulled_past_them(
    shop: Shop, trigger: ProvisioningTrigger
) -> None:
    """Nobody confirms a payment without a payment, or cancels without a refund, this way."""
    order = shop.submit(shop.place())
    refused = shop.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger=trigger))
    assert isinstance(refused, Refusal)
    assert refused.code == "has_its_own_use_case"
    assert shop.order(order) == order


def test_a_host_may_ask_when_the_next_work_is_due(shop: Shop) -> None:
    """At once after an order was placed; its payment deadline once that is done; never at rest."""
    assert shop.handle(NextDue()) is None
    order = shop.submit(shop.place())
    assert shop.handle(NextDue()) == shop.clock.now()
    shop.work()
    assert shop.handle(NextDue()) == min(shop.due().values())
    shop.cancel(order)
    shop.work()
    assert shop.handle(NextDue()) is None
