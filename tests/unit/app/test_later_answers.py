"""A provider reports later how its attempt ended."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.app import Caller, ReportProvisioning, WorkOnce
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.processes import FULFILMENT, PROVISION
from ordercore.engine.messaging import WorkKind
from ordercore.engine.saga import (
    Accepted,
    call_key,
)
from ordercore.kernel.errors import NotFound
from ordercore.kernel.result import Refusal
from ordercore.ports import Provisioned, ProvisionOutcome
from ordercore.testing.builders import a_vps
from tests.unit.app.reading import BUSY, NEVER, item_states
from tests.unit.app.shop import OPERATOR, SYSTEM, TENANT, Shop, fault_of

# -- answers that come later ---------------------------------------------------------------------


def report(
    order: Order, outcome: ProvisionOutcome, *, item: str = "1", attempt: int = 1
) -> ReportProvisioning:
    """Return the provider's report about an item's attempt."""
    saga = next(ref.id for ref in order.sagas if ref.definition == FULFILMENT.name)
    return ReportProvisioning(
        caller=SYSTEM,
        order_id=order.id,
        key=call_key(saga, item, PROVISION, forward=True),
        attempt=attempt,
        outcome=outcome,
    )


BUILT = Provisioned(resource="res-9", credentials=Credentials(values={"hostname": "h.example"}))


def accepted(shop: Shop, items: int = 1) -> Order:
    """Return an order whose items are all being built elsewhere."""
    order = shop.paid(*[a_vps()] * items)
    for number in range(1, items + 1):
        shop.script.plan(f"provision {number}", Accepted())
    shop.script.plan("find", *[Accepted()] * 1000)
    shop.work()
    return shop.order(order)


def test_a_reported_success_makes_the_item_active(shop: Shop) -> None:
    """No worker had to ask; the credentials are sealed on the way in."""
    order = accepted(shop)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state, after.items[0].resource) == (
        "fulfilled",
        ItemState.ACTIVE,
        "res-9",
    )
    shop.run()
    (mail,) = shop.post.mails.values()
    assert mail["1"].values == {"hostname": "h.example"}  # type: ignore[index]


def test_a_reported_failure_is_retried_like_any_other(shop: Shop) -> None:
    """After two seconds."""
    order = accepted(shop)
    shop.handle(report(order, BUSY))
    shop.clock.advance(seconds=2)
    shop.handle(WorkOnce(kinds=(WorkKind.SAGA,)))
    assert len(shop.script.times("provision 1")) == 2


def test_an_answer_to_an_earlier_attempt_is_noted_and_ignored(shop: Shop) -> None:
    """It may be about something that has been taken back since."""
    order = accepted(shop)
    shop.handle(report(order, BUSY))
    shop.clock.advance(seconds=2)
    shop.script.plan("provision 1", Accepted())
    shop.work()
    before = shop.order(order)
    after = shop.handle(report(order, BUILT, attempt=1))

    assert isinstance(after, Order)
    assert after.items == before.items
    assert shop.history(order)[-1].kind == "saga.late-answer"
    assert shop.handle(report(order, BUILT, attempt=2)).state == "fulfilled"  # type: ignore[union-attr]


def test_an_answer_after_the_order_was_cancelled_does_not_bring_it_back(shop: Shop) -> None:
    """What the late answer is about is taken down; its credentials are not kept."""
    order = accepted(shop)
    shop.cancel(order)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state) == ("cancelled", ItemState.PROVISIONING)
    shop.run()
    assert item_states(shop.order(order)) == ["rolled_back"]
    assert shop.tables.of(TENANT).vault.get(order.id, {}) == {}


def test_a_success_reported_twice_counts_once(shop: Shop) -> None:
    """The second report is late."""
    order = accepted(shop)
    first = shop.handle(report(order, BUILT))
    second = shop.handle(report(order, BUILT))
    assert isinstance(first, Order)
    assert isinstance(second, Order)
    assert (second.state, second.items) == (first.state, first.items)
    shop.run()
    assert len(shop.post.mails) == 1


def test_items_reported_one_after_the_other_each_count(shop: Shop) -> None:
    """The order is fulfilled by the last."""
    order = accepted(shop, items=3)
    for item in "312":
        after = shop.handle(report(order, BUILT, item=item))
    assert isinstance(after, Order)
    assert after.state == "fulfilled"


def test_a_report_under_an_unknown_key_is_not_found(shop: Shop) -> None:
    """It cannot be about this order."""
    order = accepted(shop)
    stray = ReportProvisioning(
        caller=SYSTEM, order_id=order.id, key="nobody", attempt=1, outcome=BUILT
    )
    assert isinstance(fault_of(lambda: shop.handle(stray)), NotFound)
    assert shop.order(order) == order


def test_a_report_from_before_a_restore_does_not_touch_the_new_run(shop: Shop) -> None:
    """Each run has keys of its own."""
    order = accepted(shop)
    shop.cancel(order)
    shop.script.plans.clear()
    shop.run()
    restored = shop.restore(order)
    assert isinstance(restored, Order)
    after = shop.handle(report(order, BUILT))
    assert isinstance(after, Order)
    assert (after.state, after.items[0].state) == ("draft", ItemState.PENDING)


def test_a_refusal_is_no_answer_of_a_report(shop: Shop) -> None:
    """Reports are always taken in."""
    order = accepted(shop)
    assert not isinstance(shop.handle(report(order, NEVER)), Refusal)


@pytest.mark.parametrize("role", ["customer", "timer", "carrier"])
def test_only_the_system_and_operators_report(shop: Shop, role: str) -> None:
    """Whoever ordered cannot declare it built; nothing is sealed, nothing noted."""
    order = accepted(shop)
    before, history = shop.order(order), shop.history(order)
    refused = shop.handle(evolve(report(order, BUILT), caller=Caller.of(TENANT, "x", role=role)))
    assert refused == Refusal(
        code="not_permitted", reason=f"reporting is for system, operator, not for {role}"
    )
    assert (shop.order(order), shop.history(order)) == (before, history)


def test_an_operator_reports_for_a_provider(shop: Shop) -> None:
    """The audit trail says who it was."""
    order = accepted(shop)
    after = shop.handle(evolve(report(order, BUILT), caller=OPERATOR))
    assert isinstance(after, Order)
    assert after.state == "fulfilled"
    assert f"operator:{OPERATOR.actor.id}" in {record.actor for record in shop.history(order)}


def test_a_report_finds_its_saga_among_others(shop: Shop) -> None:
    """An overpaid order has a refund under way before anything is built."""
    order = shop.pay(shop.submit(shop.place()), 1050)
    shop.script.plan("provision 1", Accepted())
    shop.work()
    after = shop.handle(report(shop.order(order), BUILT))
    assert isinstance(after, Order)
    assert after.state == "fulfilled"
