"""A host changes its tables while orders are under way."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from ordercore.app import WithdrawOrder, WorkOnce
from ordercore.domain.catalog import default_catalogue
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.errors import UnknownState
from ordercore.testing.builders import a_vps
from tests.unit.app.reading import BUSY, item_states
from tests.unit.app.shop import CUSTOMER, Shop, fault_of

TIMER = (WorkKind.TIMER,)


def without_servers() -> ProvisioningRules:
    """Return rules whose catalogue no longer has virtual servers."""
    whole = default_catalogue()
    products = tuple(product for product in whole.products if product.type != "vps")
    return ProvisioningRules(catalogue=evolve(whole, products=products))


def without_waiting() -> ProvisioningRules:
    """Return rules whose lifecycle no longer has the state in which payments are waited for."""
    gone = "pending_payment"
    smaller = evolve(
        PROVISIONING,
        states=tuple(state for state in PROVISIONING.states if state != gone),
        rows=(
            row("submit", "draft", "payment_confirmed", who=("customer",)),
            *(r for r in PROVISIONING.rows if gone not in (r.source, r.dest)),
        ),
        timeouts=tuple(timeout for timeout in PROVISIONING.timeouts if timeout.state != gone),
    )
    return ProvisioningRules(lifecycle=smaller)


def test_a_product_that_left_the_catalogue_before_the_payment_is_refused_and_paid_back(
    shop: Shop,
) -> None:
    """The order is neither stuck nor built: it fails with the reason, and the money returns."""
    order = shop.submit(shop.place())
    shop.under(without_servers())
    shop.pay(order)
    shop.run()

    failed = shop.order(order)
    assert (failed.state, failed.balance.refunded) == ("failed", order.total)
    assert "'vps'" in next(r.reason for r in shop.history(order) if r.trigger == "reject")
    assert shop.cloud.builds == 0
    assert shop.violations(order.id) == []


def test_a_product_that_left_the_catalogue_is_still_built_and_taken_down_where_it_was_sold(
    shop: Shop,
) -> None:
    """From validation on the snapshot is enough."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", BUSY)
    shop.work()
    shop.under(without_servers())
    shop.run()
    assert shop.order(order).state == "fulfilled"

    answer = shop.handle(WithdrawOrder(caller=CUSTOMER, order_id=order.id, reason="not needed"))
    assert isinstance(answer, Order)
    shop.run()
    assert item_states(shop.order(order)) == ["rolled_back"] * 2
    assert shop.order(order).balance.refunded == order.total
    assert shop.violations(order.id) == []


def test_a_deadline_in_a_state_that_was_removed_is_loud_and_not_forgotten(shop: Shop) -> None:
    """The worker names the state each time; once it is back, the order expires as it should."""
    order = shop.submit(shop.place())
    shop.clock.advance(hours=48)
    shop.under(without_waiting())
    fault = fault_of(lambda: shop.handle(WorkOnce(kinds=TIMER)))
    assert isinstance(fault, UnknownState)
    assert fault.state == "pending_payment"
    assert shop.handle(WorkOnce(kinds=TIMER)) is None  # a minute's peace, for the others' sake

    shop.under(ProvisioningRules())
    shop.clock.advance(timedelta(minutes=1))
    shop.handle(WorkOnce(kinds=TIMER))
    assert shop.order(order).state == "cancelled"
