"""A consumer withdraws from a service begun at once."""

from __future__ import annotations

import pytest

from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.saga import Unclear
from ordercore.testing.builders import a_vps
from tests.unit.app.reading import eur
from tests.unit.app.shop import OPERATOR, Shop

# -- withdrawal ----------------------------------------------------------------------------------


def under_way(shop: Shop, *, express: bool) -> Order:
    """Return an order whose first item is active while the second is still being built."""
    order = shop.paid(a_vps(), a_vps(), express_request=express)
    shop.script.plan("provision 2", *[Unclear(reason="slow")])
    shop.script.plan("find", *[Unclear(reason="slow")] * 10_000)
    shop.work()
    assert shop.order(order).state == "partially_fulfilled"
    return order


def test_a_consumer_who_wanted_it_at_once_pays_for_the_days_begun(shop: Shop) -> None:
    """January has 31 days, three have begun: 28/31 of the first item and all of the second."""
    order = under_way(shop, express=True)
    shop.clock.advance(days=2, hours=1)
    cancelled = shop.cancel(order)
    requested = [e.amount for e in cancelled.ledger if e.kind is EntryKind.REFUND_REQUESTED]
    assert requested == [eur(903), eur(1000)]


@pytest.mark.parametrize("days", [0, 15])
def test_outside_the_withdrawal_or_before_any_use_the_whole_share_goes_back(
    shop: Shop, days: int
) -> None:
    """At once nothing was used; after 14 days it is a cancellation like any other."""
    order = under_way(shop, express=True)
    shop.clock.advance(days=days)
    cancelled = shop.cancel(order)
    assert cancelled.balance.refund_requested == eur(2000)


def test_without_an_express_request_the_whole_share_goes_back(shop: Shop) -> None:
    """Nothing is owed for what the consumer did not ask to have at once."""
    order = under_way(shop, express=False)
    shop.clock.advance(days=2)
    assert shop.cancel(order).balance.refund_requested == eur(2000)


def test_an_operator_who_cancels_returns_everything(shop: Shop) -> None:
    """The seller's own decision is no withdrawal of the consumer's."""
    order = under_way(shop, express=True)
    shop.clock.advance(days=2)
    assert shop.cancel(order, caller=OPERATOR).balance.refund_requested == eur(2000)
