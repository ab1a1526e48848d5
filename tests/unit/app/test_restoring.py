"""Cancelled orders are hidden, kept, and can be brought back."""

from __future__ import annotations

from ordercore.app import (
    CloseDeadLetter,
    ListOrders,
)
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Failed, Rejected
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_vps
from tests.unit.app.shop import CUSTOMER, OPERATOR, Shop

# -- soft delete and restore ---------------------------------------------------------------------


def test_a_cancelled_order_is_hidden_but_there(shop: Shop) -> None:
    """Not listed by default, listed on request, readable by id, its audit kept."""
    order = shop.cancel(shop.place())
    assert shop.handle(ListOrders(caller=CUSTOMER)) == ()
    assert shop.handle(ListOrders(caller=OPERATOR, hidden=True)) == (order,)
    assert order.deleted_at == shop.clock.now()
    assert [r.kind for r in shop.history(order)] == ["order.created", "order.cancelled"]


def test_a_restored_order_is_a_visible_draft_again(shop: Shop) -> None:
    """With fresh items, and it can be lived through to the end."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", *[Failed(code="busy", reason="later")] * 3)
    shop.work()
    shop.cancel(order)
    shop.run()
    restored = shop.restore(order)

    assert isinstance(restored, Order)
    assert (restored.state, restored.deleted_at) == ("draft", None)
    assert {(i.state, i.resource, i.active_at, i.failure) for i in restored.items} == {
        (ItemState.PENDING, None, None, "")
    }
    assert shop.handle(ListOrders(caller=CUSTOMER)) == (restored,)
    assert shop.violations(order.id) == []

    shop.pay(shop.submit(restored), reference="P2")
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert len(shop.cloud.live) == 2
    assert shop.violations(order.id) == []


def test_a_restored_order_needs_a_fresh_payment(shop: Shop) -> None:
    """The old one was given back; reporting it once more moves nothing."""
    order = shop.cancel(shop.paid())
    shop.run()
    restored = shop.restore(order)
    assert isinstance(restored, Order)
    waiting = shop.submit(restored)
    assert shop.pay(waiting, reference="P1") == waiting
    assert shop.pay(waiting, reference="P2").state == "payment_confirmed"


def test_an_order_is_not_restored_before_its_refund_has_settled(shop: Shop) -> None:
    """The money is still on its way; afterwards it works."""
    order = shop.cancel(shop.paid())
    refused = shop.restore(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "refund_not_settled"
    assert shop.order(order) == order
    shop.run()
    assert isinstance(shop.restore(order), Order)


def test_an_order_is_not_restored_while_its_old_run_is_going_down(shop: Shop) -> None:
    """Whatever the host thinks of the refund: the resources of the old run are still there."""
    shop.under(ProvisioningRules(lifecycle=PROVISIONING.without_guards("refund_settled")))
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.cancel(order)
    refused = shop.restore(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "still_taking_back"


def test_an_order_is_not_restored_while_a_removal_waits_for_an_operator(shop: Shop) -> None:
    """A removal tried again later would otherwise take down the items of the new run."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 2", Failed(code="busy", reason="later"))
    shop.work()
    shop.script.plan("deprovision 1", Rejected(code="locked", reason="deletion protection"))
    shop.cancel(order)
    shop.run()
    assert shop.order(order).balance.outstanding.is_zero
    refused = shop.restore(order)
    assert isinstance(refused, Refusal)
    assert refused.code == "still_taking_back"

    (letter,) = shop.letters()
    shop.handle(
        CloseDeadLetter(
            caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RETRIED, note="unlocked"
        )
    )
    shop.run()
    assert isinstance(shop.restore(order), Order)
    assert shop.violations(order.id) == []
