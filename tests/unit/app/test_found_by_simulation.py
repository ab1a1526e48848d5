"""What only the simulator thought of, each in the smallest form it was found in."""

from __future__ import annotations

from attrs import evolve

from ordercore.app import PlaceOrder, RedeliverCredentials, WorkOnce
from ordercore.domain.orders import ItemState
from ordercore.domain.processes import FULFILMENT, REDELIVERY, REFUND, ProvisioningRules
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import Accepted, Policy, Rejected
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.ports import Batch
from ordercore.testing import laws
from ordercore.testing.builders import a_storage, a_vps, an_order_request
from tests.unit.app.shop import CUSTOMER, Shop, fault_of

ALL_OR_NOTHING = ProvisioningRules(
    sagas=(evolve(FULFILMENT, policy=Policy.ALL_OR_NOTHING), REFUND, REDELIVERY)
)


def test_credentials_of_an_item_on_its_way_down_neither_go_out_nor_count_as_sent(
    shop: Shop,
) -> None:
    """It still counts as active, but its credentials are forgotten: no empty message is mailed."""
    shop.under(ALL_OR_NOTHING)
    order = shop.paid(a_vps(), a_storage())
    shop.script.plan("provision 2", Rejected(code="no", reason="not in this region"))
    shop.script.plan("deprovision 1", Accepted())
    shop.handle(WorkOnce(kinds=(WorkKind.VALIDATION,)))
    shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    assert shop.order(order).items_in(ItemState.ACTIVE) == ("1",)
    shop.handle(RedeliverCredentials(caller=CUSTOMER, order_id=order.id))
    shop.run()
    assert shop.order(order).state == "failed"
    assert shop.post.mails == {}
    assert laws.deliveries_were_mailed(shop.history(order), []) == []
    assert shop.violations(order.id) == []


def test_an_answer_that_could_not_be_remembered_is_not_given(shop: Shop) -> None:
    """A repeat under the same key would get another one."""
    request = an_order_request()
    shop.handle(PlaceOrder(caller=CUSTOMER, request=request))
    keyed = PlaceOrder(caller=evolve(CUSTOMER, idempotency_key="k"), request=request)
    original = shop.ports.store.commit

    async def stormy(batch: Batch) -> None:
        raise ConcurrencyConflict(kind="idempotency", id="k")

    shop.ports.store.commit = stormy  # type: ignore[method-assign]
    assert isinstance(fault_of(lambda: shop.handle(keyed)), ConcurrencyConflict)
    shop.ports.store.commit = original  # type: ignore[method-assign]
    assert shop.handle(keyed) == shop.handle(keyed)
