"""What a reported status means beyond its row: whose it is, why, and what contradicts it (R4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ordercore.app import Updated, UpdateStatus
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import CARRIER, Store
from tests.unit.app.shop import OPERATOR, Shop


def delivered(store: Store, order: Order, reason: str = "") -> Updated | Refusal:
    """Report that a parcel has arrived."""
    asked = UpdateStatus(caller=CARRIER, order_id=order.id, trigger=T.DELIVER, reason=reason)
    return store.handle(asked)


@pytest.mark.parametrize("how", ["lost", "undeliverable"])
def test_what_was_given_up_and_then_arrives_is_reported(store: Store, how: str) -> None:
    """The customer has goods and money by now, so somebody has to look."""
    order = store.sold()
    assert isinstance(store.send_back(order, caller=CARRIER, **{how: True}), Order)
    before = store.order(order)
    refused = delivered(store, order)
    assert isinstance(refused, Refusal)
    assert refused.code == "impossible"
    assert refused.reason == "the order is returned, and its parcel was never delivered"
    assert store.order(order) == before


@pytest.mark.parametrize("kind", ["wallet", "cash_on_delivery"])
def test_the_reason_of_a_delivery_is_in_the_trail(store: Store, kind: str) -> None:
    """As that of every other row that somebody reports."""
    order = store.sold(kind)
    assert isinstance(delivered(store, order, "left with the neighbour"), Updated)
    (arrived,) = (r for r in store.history(order) if r.trigger == T.DELIVER)
    assert arrived.reason == "left with the neighbour"
    assert arrived.dest == S.DELIVERED


def test_a_host_may_call_a_row_of_services_what_a_row_of_goods_is_called(
    open_shop: Callable[..., Shop],
) -> None:
    """It moves the order, and nothing is done about a parcel that there is not."""
    whose = ("operator",)
    arrives = row("deliver", "fulfilled", "there", who=whose, emits="order.there", manual=True)
    lifecycle = PROVISIONING.extend(
        name="by van", states=("there",), terminal=("there",), rows=(arrives,)
    )
    shop = open_shop(rules=ProvisioningRules(lifecycle=lifecycle))
    order = shop.paid()
    shop.run()
    asked = UpdateStatus(
        caller=OPERATOR, order_id=order.id, trigger="deliver", reason="by the front door"
    )
    told = [shop.handle(asked) for _ in range(3)]
    assert [isinstance(each, Updated) and each.news for each in told] == [True, False, False]
    last = shop.history(order)[-1]
    assert (last.kind, last.reason, last.dest) == ("order.there", "by the front door", "there")
    assert shop.violations(order.id) == []
