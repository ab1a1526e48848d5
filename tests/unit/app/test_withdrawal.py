"""A consumer withdraws from a service begun at once."""

from __future__ import annotations

import pytest

from ordercore.app import Caller, WithdrawOrder
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.saga import Failed, Unclear
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_vps
from tests.unit.app.reading import eur
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, Shop

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


# -- from a fulfilled order ----------------------------------------------------------------------


def delivered(shop: Shop, *, express: bool = True) -> Order:
    """Return a fulfilled order of two items whose credentials are out."""
    order = shop.paid(a_vps(), a_vps(), express_request=express)
    shop.run()
    assert shop.order(order).state == "fulfilled"
    return order


def withdrawn(shop: Shop, order: Order, caller: Caller = CUSTOMER) -> Order | Refusal:
    """Withdraw, and let everything come to rest."""
    answer = shop.handle(WithdrawOrder(caller=caller, order_id=order.id, reason="not needed"))
    shop.run()
    return answer


def test_a_fulfilled_order_is_taken_down_refunded_and_told(shop: Shop) -> None:
    """The stack of the fulfilment is walked; the order stays on record as fulfilled."""
    order = delivered(shop)
    assert isinstance(withdrawn(shop, order), Order)
    after = shop.order(order)
    assert after.state == "fulfilled"
    assert {item.state for item in after.items} == {"rolled_back"}
    assert after.balance.refunded == eur(2000)
    assert "order.withdrawn" in shop.types(order)
    assert shop.violations(order.id) == []


def test_the_days_begun_are_paid_for(shop: Shop) -> None:
    """January has 31 days, three have begun: 28/31 of each item goes back."""
    order = delivered(shop)
    shop.clock.advance(days=2, hours=1)
    withdrawn(shop, order)
    assert shop.order(order).balance.refunded == eur(2 * 903)


def test_an_operator_who_withdraws_for_a_customer_returns_everything(shop: Shop) -> None:
    """As with cancelling: only the consumer's own act is settled by days."""
    order = delivered(shop)
    shop.clock.advance(days=2)
    withdrawn(shop, order, OPERATOR)
    assert shop.order(order).balance.refunded == eur(2000)


def test_a_withdrawal_repeated_changes_nothing(shop: Shop) -> None:
    """The second one finds nothing active, and no money goes out again."""
    order = delivered(shop)
    withdrawn(shop, order)
    before = shop.order(order)
    refused = withdrawn(shop, order)
    assert isinstance(refused, Refusal)
    assert refused.code == "nothing_to_withdraw"
    assert shop.order(order) == before


def test_a_removal_that_gets_stuck_on_withdrawal_is_a_dead_letter(shop: Shop) -> None:
    """Nothing is forgotten because the order had been fulfilled before."""
    order = delivered(shop)
    busy = Failed(code="busy", reason="later")
    shop.script.plan("deprovision 2", *[busy] * 6)
    withdrawn(shop, order)
    assert [(letter.branch, letter.step) for letter in shop.letters()] == [("2", "provision")]
    assert shop.order(order).balance.refunded == eur(2000)


@pytest.mark.parametrize(
    ("caller", "days", "code"),
    [(SYSTEM, 0, "not_permitted"), (CUSTOMER, 15, "withdrawal_period_over")],
)
def test_who_may_withdraw_and_for_how_long(
    shop: Shop, caller: Caller, days: int, code: str
) -> None:
    """Customer or operator, within fourteen days of the first use."""
    order = delivered(shop)
    shop.clock.advance(days=days)
    refused = withdrawn(shop, order, caller)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert shop.order(order).balance.refunded.is_zero


def test_an_order_on_its_way_is_cancelled_and_not_withdrawn_from(shop: Shop) -> None:
    """The refusal says what to do instead."""
    refused = withdrawn(shop, under_way(shop, express=True))
    assert isinstance(refused, Refusal)
    assert (refused.code, "cancel it instead" in refused.reason) == ("not_fulfilled", True)
