"""A process may die before or after any call of a port: nothing is lost, nothing is doubled.

The crash is thrown into the running coroutine at one chosen port call, as a power cut would end it,
and once with the call made and once without. Then a fresh process repeats the customer's request
under its key and works on from the rows. The providers' own books, which no crash can roll back,
say whether anything was built, removed or paid twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    CancelOrder,
    CloseDeadLetter,
    ConfirmPayment,
    OrderCore,
    PlaceOrder,
    ReportProvisioning,
    SubmitOrder,
    UseCase,
    WorkOnce,
)
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import PROVISION
from ordercore.engine.messaging import LEASE, DeadLetterStatus
from ordercore.engine.saga import Accepted, Failed, Rejected, call_key
from ordercore.kernel.ids import OrderId
from ordercore.ports import Provisioned, ProvisionRequest
from ordercore.testing.builders import a_vps, an_order_request
from tests.unit.app.power_cut import Fuse, PowerCut, wired
from tests.unit.app.providers import Lost
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, Shop
from tests.unit.app.tables import ALL_OR_NOTHING

Story = Callable[[Shop, Callable[[UseCase[Any]], Any]], OrderId]


def work(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> None:
    """Work through the given face of the shop, moving the clock, until nothing is due."""
    for _ in range(400):
        while handle(WorkOnce()) is not None:
            pass
        due = shop.next_due()
        if due is None:
            return
        shop.clock.set(max(due, shop.clock.now()))
    raise AssertionError("work without end")


def placed(shop: Shop, handle: Callable[[UseCase[Any]], Any], items: int) -> Order:
    """Place, submit and pay, each under a key."""
    keyed = evolve(CUSTOMER, idempotency_key="k")
    request = an_order_request(*[a_vps()] * items)
    order: Order = handle(PlaceOrder(caller=keyed, request=request)).order
    handle(SubmitOrder(caller=keyed, order_id=order.id))
    handle(
        ConfirmPayment(
            caller=evolve(SYSTEM, idempotency_key="k"),
            order_id=order.id,
            reference="P1",
            amount=order.total,
        )
    )
    return order


def plain(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> OrderId:
    """Two items, everything goes well."""
    order = placed(shop, handle, 2)
    work(shop, handle)
    return order.id


def troubled(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> OrderId:
    """A lost answer, an item given up, its refund answered late."""
    shop.script.plan("provision 1", Lost())
    shop.script.plan("provision 2", Failed(code="busy", reason="x"), Rejected(code="n", reason="y"))
    shop.script.plan("refund", Lost())
    order = placed(shop, handle, 2)
    work(shop, handle)
    return order.id


def cancelled(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> OrderId:
    """Cancelled with one item active and one under way."""
    shop.script.plan("provision 2", *[Failed(code="busy", reason="x")] * 3)
    order = placed(shop, handle, 2)
    while handle(WorkOnce()) is not None:
        pass
    keyed = evolve(CUSTOMER, idempotency_key="k")
    handle(CancelOrder(caller=keyed, order_id=order.id, reason="enough"))
    work(shop, handle)
    return order.id


def parked(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> OrderId:
    """A refund that an operator has to send again."""
    shop.script.plan("provision 1", Rejected(code="n", reason="y"))
    shop.script.plan("refund", Rejected(code="closed", reason="x"))
    order = placed(shop, handle, 1)
    work(shop, handle)
    letters = shop.letters(status=None)
    handle(
        CloseDeadLetter(
            caller=evolve(OPERATOR, idempotency_key="k"),
            letter_id=letters[0].id,
            how=DeadLetterStatus.RETRIED,
            note="again",
        )
    )
    work(shop, handle)
    return order.id


def reported(shop: Shop, handle: Callable[[UseCase[Any]], Any]) -> OrderId:
    """Built elsewhere; the answer comes as a report."""
    shop.script.plan("provision 1", Accepted())
    shop.script.plan("find", *[Accepted()] * 100)
    order = placed(shop, handle, 1)
    while handle(WorkOnce()) is not None:
        pass
    key = call_key(shop.order(order).sagas[0].id, "1", PROVISION, forward=True)
    shop.cloud.built.setdefault((order.tenant, key), _request(order, key))
    outcome = Provisioned(resource="r", credentials=Credentials(values={"host": "h"}))
    handle(
        ReportProvisioning(
            caller=evolve(SYSTEM, idempotency_key="k"),
            order_id=order.id,
            key=key,
            attempt=1,
            outcome=outcome,
        )
    )
    work(shop, handle)
    return order.id


def _request(order: Order, key: str) -> ProvisionRequest:
    from ordercore.ports import ProvisionRequest

    return ProvisionRequest(
        key=key,
        attempt=1,
        tenant=order.tenant,
        order_id=order.id,
        item=order.items[0].id,
        product_type="vps",
        config={},
    )


STORIES: dict[str, tuple[Story, dict[str, Any]]] = {
    "plain": (plain, {}),
    "troubled": (troubled, {}),
    "all_or_nothing": (troubled, {"rules": ALL_OR_NOTHING}),
    "cancelled": (cancelled, {}),
    "parked": (parked, {}),
    "reported": (reported, {}),
}


def told(name: str, at: int, *, made: bool) -> tuple[Shop, OrderId, Fuse]:
    """Tell a story whose process dies at a port call and is started again."""
    story, how = STORIES[name]
    shop = Shop(**how)
    fuse = Fuse(shop.script, at, made=made)
    mortal = OrderCore(wired(shop, fuse))

    def handle(use_case: UseCase[Any]) -> Any:
        try:
            return mortal.handle(use_case)
        except PowerCut:
            # A fresh process: leases run out, the client repeats its request, workers come back.
            shop.clock.advance(LEASE)
            return mortal.handle(use_case)

    return shop, story(shop, handle), fuse


def result(shop: Shop, order_id: OrderId) -> dict[str, Any]:
    """Return what may not depend on a crash; the pause may change who comes first on the way."""
    (stored,) = shop.tables.of(CUSTOMER.tenant).orders.values()
    order = stored.order
    types = {e.type for e in shop.published(order) if "item" not in e.type}
    return {
        "state": order.state,
        "items": [item.state for item in order.items],
        "ledger": sorted((e.kind, e.amount.amount_minor) for e in order.ledger),
        "builds": shop.cloud.builds,
        "removed": len(shop.cloud.removed),
        "paid back": sorted(m.amount.amount_minor for m in shop.bank.movements),
        "notes and mails": (len(shop.post.notes), len(shop.post.mails)),
        "letters": [letter.status for letter in shop.letters(status=None)],
        "events": sorted(types - {"order.partially-fulfilled"}),
    }


@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", STORIES)
def test_a_crash_at_any_port_call_changes_nothing_in_the_end(name: str, made: bool) -> None:
    """Every call of the story in turn; the end equals that of the story without a crash."""
    shop, order_id, _ = told(name, 10**9, made=made)
    undisturbed = result(shop, order_id)
    assert shop.violations(order_id) == []

    for at in range(10_000):
        shop, order_id, fuse = told(name, at, made=made)
        if not fuse.blown:
            assert at > 30, "the story was to have many calls"
            return
        assert result(shop, order_id) == undisturbed, f"crash at call {at}"
        assert shop.violations(order_id) == [], f"crash at call {at}"
        assert len(shop.tables.of(CUSTOMER.tenant).orders) == 1
    raise AssertionError("the story never ended")
