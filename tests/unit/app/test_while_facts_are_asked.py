"""What happens to an order while a worker asks the world whether it can be built.

No lock is held meanwhile, so everything is looked at again before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from ordercore.app import WorkOnce
from ordercore.domain.orders import Order
from ordercore.domain.validation import LiveFacts
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.ids import TenantId
from tests.unit.app.providers import Limits
from tests.unit.app.shop import Shop

VALIDATION = (WorkKind.VALIDATION,)


class Interrupted(Limits):
    """Live facts; while they are asked for the first time, something else happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = [meanwhile]

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return the facts of before."""
        while self._meanwhile:
            self._meanwhile.pop()()
        return await super().live_facts(tenant, product_types)


def interrupted(shop: Shop, act: Callable[[Shop, Order], object]) -> Order:
    """Return a paid order on which somebody acted while a worker asked for its facts."""
    order = shop.paid()
    somebody = Shop()  # in a loop of their own
    somebody.ports = shop.ports
    shop.ports = evolve(shop.ports, capacity=Interrupted(lambda: act(somebody, order)))
    assert shop.handle(WorkOnce(kinds=VALIDATION)) is not None
    return order


def test_an_order_cancelled_meanwhile_is_not_built(shop: Shop) -> None:
    """Its money goes back once, and nothing is begun."""
    order = interrupted(shop, lambda somebody, order: somebody.cancel(order))
    shop.run()
    gone = shop.order(order)
    assert (gone.state, gone.balance.refunded) == ("cancelled", order.total)
    assert shop.cloud.builds == 0
    assert shop.violations(order.id) == []


def test_an_order_whose_payment_was_reverted_meanwhile_waits_for_it_again(shop: Shop) -> None:
    """The facts were asked for another payment; nothing is built before the next one."""
    order = interrupted(shop, lambda somebody, order: somebody.revert(order))
    shop.run()
    assert (shop.order(order).state, shop.cloud.builds) == ("pending_payment", 0)
    shop.pay(order, reference="P2")
    shop.run()
    assert (shop.order(order).state, shop.cloud.builds) == ("fulfilled", 1)
    assert shop.violations(order.id) == []
