"""Status updates that come twice, late, early or in vain; none of them leaves a mark (R4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import (
    REPEATABLE,
    CancelOrder,
    CheckPayment,
    ConfirmCash,
    ConfirmPayment,
    PullTrigger,
    ReportDelivery,
    Updated,
    UpdateStatus,
    WithoutMark,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING, RETAIL, ProvisioningTrigger
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.payments import Payment
from ordercore.domain.processes import ProvisioningRules
from ordercore.engine.lifecycle import row
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.contracts import drive
from tests.unit.app.retail_shop import CARRIER, RULES, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, Shop, fault_of
from tests.unit.app.test_ill_shaped_properties import kept

INSTALLED = PROVISIONING.extend(
    name="installed",
    states=("installed", "accepted"),
    terminal=("accepted",),
    rows=(
        row(
            "install",
            "fulfilled",
            "installed",
            who=("operator",),
            emits="order.installed",
            manual=True,
        ),
        row("accept", "installed", "accepted", who=("operator",), emits="order.accepted"),
    ),
)
"""What follows at the customer's, reported by somebody else's system."""


def told(shop: Shop, order: Order, trigger: str, **how: Any) -> Updated | Refusal:
    """Report a status, whatever comes of it."""
    caller = how.pop("caller", OPERATOR)
    return shop.handle(UpdateStatus(caller=caller, order_id=order.id, trigger=trigger, **how))


def news(answer: Updated | Refusal) -> bool:
    """Return whether an update was news."""
    assert isinstance(answer, Updated), answer
    return answer.news


def code(answer: Updated | Refusal) -> str:
    """Return why an update was refused."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_a_delivery_is_recorded_once_however_often_it_is_told(store: Store) -> None:
    """The second time nothing is written: no record, no event, no mark, no version."""
    order = store.sold()
    first = told(store, order, T.DELIVER, caller=CARRIER)
    assert news(first)
    assert store.order(order).state == S.COMPLETED
    before = kept(store)
    for _ in range(3):
        again = told(store, order, T.DELIVER, caller=CARRIER)
        assert not news(again)
        assert isinstance(again, Updated)
        assert again.order == store.order(order)
    assert kept(store) == before
    assert store.tables.of(TENANT).inbox == {}
    assert store.kinds(order).count("order.delivered") == 1
    assert store.violations_at_rest(order) == []


def test_it_does_what_reporting_a_delivery_does(store: Store) -> None:
    """The same rows, the same actor in the trail, the cash still awaited."""
    one, other = store.sold("cash_on_delivery"), store.sold("cash_on_delivery", reference="R-2")
    assert news(told(store, one, T.DELIVER, caller=CARRIER))
    store.handle(ReportDelivery(caller=CARRIER, order_id=other.id))
    ends = [store.history(order)[-1] for order in (one, other)]
    assert {(end.kind, end.trigger, end.actor, end.dest) for end in ends} == {
        ("order.delivered", "deliver", ends[0].actor, S.DELIVERED)
    }
    assert store.order(one).state == S.DELIVERED


def test_a_delivery_told_late_is_ignored(store: Store) -> None:
    """The parcel came back already: that it had arrived is no news."""
    order = store.sold()
    store.deliver(order)
    store.send_back(order)
    assert store.order(order).state == S.RETURNED
    before = kept(store)
    assert not news(told(store, order, T.DELIVER, caller=CARRIER))
    assert kept(store) == before


def test_a_delivery_told_early_may_be_told_again(store: Store) -> None:
    """It overtook the hand-over; a consumer tries again, and then it counts."""
    order = store.confirmed()
    before = kept(store)
    assert code(told(store, order, T.DELIVER, caller=CARRIER)) == "too_early"
    assert kept(store) == before
    store.settle()
    assert news(told(store, order, T.DELIVER, caller=CARRIER))


def test_a_delivery_of_what_was_cancelled_is_reported(store: Store) -> None:
    """It cannot be, so somebody has to look."""
    order = store.confirmed()
    store.cancel(order)
    assert code(told(store, order, T.DELIVER, caller=CARRIER)) == "impossible"


@pytest.mark.parametrize("trigger", [each for each in T if each is not T.DELIVER])
def test_rows_that_do_more_than_move_goods_have_their_own_use_cases(
    store: Store, trigger: T
) -> None:
    """Nobody confirms, ships or cancels by hearsay."""
    order = store.bought("cash_on_delivery")
    assert code(told(store, order, trigger)) == "has_its_own_use_case"


@pytest.mark.parametrize("trigger", ProvisioningTrigger)
def test_rows_of_services_have_their_own_use_cases(shop: Shop, trigger: str) -> None:
    """All that come with the library."""
    assert code(told(shop, shop.place(), trigger)) == "has_its_own_use_case"


def test_customers_do_not_report_deliveries(store: Store) -> None:
    """As for `ReportDelivery`."""
    assert code(told(store, store.sold(), T.DELIVER, caller=CUSTOMER)) == "not_permitted"


def test_rows_of_a_host_are_followed_once_in_any_order(open_shop: Callable[..., Shop]) -> None:
    """Acceptance overtakes the installation, and both come three times."""
    shop = open_shop(rules=ProvisioningRules(lifecycle=INSTALLED))
    order = shop.paid()
    shop.run()
    assert code(told(shop, order, "accept")) == "too_early"
    answers = [news(told(shop, order, trigger)) for trigger in ["install"] * 3 + ["accept"] * 3]
    assert answers == [True, False, False, True, False, False]
    assert not news(told(shop, order, "install")), "it lies behind"
    shop.run()
    assert shop.states(order)[-2:] == ["installed", "accepted"]
    assert shop.types(order)[-2:] == ["order.installed", "order.accepted"]
    assert shop.violations(order.id) == []


def test_only_the_roles_of_a_hosts_row_may_report_it(open_shop: Callable[..., Shop]) -> None:
    """The table says who."""
    shop = open_shop(rules=ProvisioningRules(lifecycle=INSTALLED))
    order = shop.paid()
    shop.run()
    assert code(told(shop, order, "install", caller=CUSTOMER)) == "not_permitted"


def test_rows_a_host_adds_for_goods_are_reported_too(open_store: Callable[..., Store]) -> None:
    """By the roles they name, not as the system."""
    lifecycle = RETAIL.extend(
        name="rated",
        states=("rated",),
        terminal=("rated",),
        rows=(row("rate", "completed", "rated", who=("carrier",), manual=True),),
    )
    store = open_store(selling=evolve(RULES, lifecycle=lifecycle))
    order = store.sold()
    store.deliver(order)
    assert news(told(store, order, "rate", caller=CARRIER, reason="five stars"))
    assert not news(told(store, order, "rate", caller=CARRIER))
    assert store.history(order)[-1].actor == f"carrier:{CARRIER.actor.id}"


def test_a_row_that_can_be_walked_again_needs_a_mark(open_shop: Callable[..., Shop]) -> None:
    """A repeat would look like the next time; `PullTrigger` under a key is for that."""
    lifecycle = PROVISIONING.extend(
        name="paused",
        states=("paused",),
        rows=(
            row("pause", "fulfilled", "paused", who=("operator",), manual=True),
            row("resume", "paused", "fulfilled", who=("operator",)),
        ),
    )
    shop = open_shop(rules=ProvisioningRules(lifecycle=lifecycle))
    order = shop.paid()
    shop.run()
    assert code(told(shop, order, "pause")) == "not_repeatable"
    pulled = shop.handle(PullTrigger(caller=OPERATOR, order_id=order.id, trigger="pause"))
    assert isinstance(pulled, Order)


def test_an_expected_version_is_compared(store: Store) -> None:
    """As for every write to an order."""
    order = store.sold()
    fault = fault_of(lambda: told(store, order, T.DELIVER, caller=CARRIER, expected_version=1))
    assert isinstance(fault, ConcurrencyConflict)


def test_many_who_tell_of_a_delivery_at_once_are_one(store: Store) -> None:
    """They queue up at the order; one is news, and nobody is told of a fault."""
    order = store.sold()
    asked = UpdateStatus(caller=CARRIER, order_id=order.id, trigger=T.DELIVER)
    answers = store.at_once(*[asked] * 8)
    assert sorted(map(news, answers)) == [False] * 7 + [True]
    assert store.violations_at_rest(order) == []


# -- taking messages in without a mark ------------------------------------------------------------


def cash(store: Store) -> ConfirmCash:
    """Return the report of cash for a parcel that has arrived."""
    order = store.sold("cash_on_delivery")
    store.deliver(order)
    payment = Payment(reference="c-1", amount=order.total, at=store.clock.now())
    return ConfirmCash(caller=CARRIER, order_id=order.id, payment=payment)


def transfer(store: Store) -> ConfirmPayment:
    """Return the report of money for an order of services."""
    order = store.submit(store.place())
    amount = Money(order.total.amount_minor, order.currency)
    return ConfirmPayment(caller=SYSTEM, order_id=order.id, reference="P-1", amount=amount)


def paid_page(store: Store) -> CheckPayment:
    """Return the word of a payment that was made on a page."""
    order = store.bought("wallet")
    store.pay_page(order)
    return CheckPayment(caller=SYSTEM, order_id=order.id)


def arrival(store: Store) -> UpdateStatus:
    """Return the report of a delivery."""
    return UpdateStatus(caller=CARRIER, order_id=store.sold().id, trigger=T.DELIVER)


MESSAGES: dict[type, Callable[[Store], Any]] = {
    CheckPayment: paid_page,
    ConfirmCash: cash,
    ConfirmPayment: transfer,
    UpdateStatus: arrival,
}


@pytest.mark.parametrize("kind", REPEATABLE, ids=lambda kind: kind.__name__)
def test_whatever_may_go_without_a_mark_has_its_effect_once(kind: type) -> None:
    """Every entry of the table: the first delivery writes, further ones write nothing."""
    store = Store()
    effect = WithoutMark(MESSAGES[kind](store))
    before = kept(store)
    assert effect.tenant == TENANT
    assert drive(effect.bring_about(store.ports)) is True
    after = kept(store)
    assert after != before
    for _ in range(3):
        assert drive(effect.bring_about(store.ports)) is (kind is not UpdateStatus)
    assert kept(store) == after
    assert store.tables.of(TENANT).inbox == {}


def test_a_refusal_is_handed_on() -> None:
    """The consumer decides what to do about it."""
    store = Store()
    asked = UpdateStatus(caller=CARRIER, order_id=store.confirmed().id, trigger=T.DELIVER)
    refused = drive(WithoutMark(asked).bring_about(store.ports))
    assert isinstance(refused, Refusal)
    assert refused.code == "too_early"


def test_what_does_not_know_its_repeats_needs_a_mark() -> None:
    """Cancelling is nothing to be done again and again by a broker."""
    store = Store()
    cancel = CancelOrder(caller=CUSTOMER, order_id=store.bought().id, reason="no")
    with pytest.raises(InvalidInput) as refused:
        WithoutMark(cancel)  # type: ignore[arg-type]
    assert "UpdateStatus" in str(refused.value.allowed)
