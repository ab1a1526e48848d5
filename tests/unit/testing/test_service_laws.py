"""The law of the money of services: it reckons anew, and bites wherever money stays or is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from ordercore.app import WithdrawOrder
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Unclear
from ordercore.kernel.money import Money
from ordercore.testing.builders import a_database, a_vps
from ordercore.testing.laws import ledger_never_overdrawn
from ordercore.testing.service_laws import services_keep_their_price
from tests.unit.app.shop import CUSTOMER, Shop


@pytest.fixture
def shop() -> Shop:
    """A shop for services."""
    return Shop()


def found(shop: Shop, order: Order) -> list[str]:
    """Return what the law finds of an order as it is now, or as it is said to be."""
    return services_keep_their_price(order, shop.history(order))


def without(order: Order, *kinds: EntryKind) -> Order:
    """Return an order whose ledger lacks some entries."""
    return evolve(order, ledger=tuple(e for e in order.ledger if e.kind not in kinds))


def test_what_runs_is_paid_for_and_nothing_else(shop: Shop) -> None:
    """Neither less nor more."""
    order = shop.paid(a_vps(), a_database())
    shop.run()
    order = shop.order(order)
    assert found(shop, order) == []
    cent = LedgerEntry(
        kind=EntryKind.CONFIRMED, amount=Money(1, "EUR"), key="more", at=order.created_at
    )
    (text,) = found(shop, evolve(order, ledger=(*order.ledger, cent)))
    assert text.startswith("fulfilled, and ")
    assert text.endswith(f" of its money is kept, not {order.total}")
    failed = evolve(order.items[0], state=ItemState.FAILED)
    assert len(found(shop, evolve(order, items=(failed, order.items[1])))) == 1


@pytest.mark.parametrize("short", [0, 7])
def test_a_cancelled_order_keeps_nothing(shop: Shop, short: int) -> None:
    """Its refund is missed, whether it was paid in full or a little less."""
    order = shop.submit(shop.place())
    order = shop.pay(order, order.total.amount_minor - short)
    assert len(found(shop, without(shop.cancel(order), EntryKind.REFUND_REQUESTED))) == 1
    shop.run()
    assert found(shop, shop.order(order)) == []


def test_what_was_let_go_counts_for_the_payment_that_stands(shop: Shop) -> None:
    """Paid too little, taken back, and paid once more: missing is missing once."""
    order = shop.submit(shop.place())
    shop.pay(order, order.total.amount_minor - 7, "P1")
    shop.revert(order)
    shop.pay(order, order.total.amount_minor - 7, "P1")
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert found(shop, shop.order(order)) == []


def test_days_that_a_service_ran_may_be_kept(shop: Shop) -> None:
    """Of a customer who wanted it at once; and no more than that."""
    order = shop.paid(a_vps(), express_request=True)
    shop.run()
    shop.clock.advance(days=2)
    shop.handle(WithdrawOrder(caller=CUSTOMER, order_id=order.id, reason="no need"))
    shop.run()
    now = shop.order(order)
    assert now.balance.refundable.is_positive
    assert found(shop, now) == []
    assert len(found(shop, without(now, EntryKind.REFUND_REQUESTED))) == 1
    assert len(found(shop, evolve(now, express_request=False))) == 1


def test_what_a_bank_did_is_for_a_person(shop: Shop) -> None:
    """Except at an end without anything."""
    order = shop.paid()
    shop.run()
    order = shop.order(order)
    taken = LedgerEntry(
        kind=EntryKind.CHARGED_BACK,
        amount=Money(400, "EUR"),
        key="case",
        at=order.created_at + timedelta(days=3),
        source=order.ledger[0].key,
    )
    disputed = evolve(order, ledger=(*order.ledger, taken))
    assert found(shop, disputed) == []
    ended = evolve(disputed, life=evolve(disputed.life, state="cancelled"))
    assert len(found(shop, ended)) == 1


@pytest.mark.parametrize("end", ["before it is paid", "once it is paid", "by a check"])
def test_what_an_earlier_run_has_earned_is_not_paid_back_with_the_next(
    shop: Shop, end: str
) -> None:
    """Each payment goes back out of itself, and the days that were used stay paid for."""
    order = shop.paid(a_vps(), a_vps(), express_request=True)
    shop.script.plan("provision 2", *[Unclear(reason="slow")])
    shop.script.plan("find", *[Unclear(reason="slow")] * 10_000)
    shop.work()
    shop.clock.advance(hours=2)
    shop.cancel(order)
    shop.script.plans.clear()
    shop.run(until=shop.clock.now() + timedelta(hours=1))
    kept = shop.order(order).balance.refundable
    assert kept.is_positive
    shop.restore(order)
    order = shop.submit(shop.order(order))
    if end != "before it is paid":
        shop.pay(order, order.total.amount_minor, "P2")
    if end == "by a check":
        shop.limits.facts = LiveFacts(unavailable_regions=frozenset({"lj-1"}))
        shop.run()
    else:
        shop.cancel(order)
        shop.run()
    now = shop.order(order)
    assert now.state == ("failed" if end == "by a check" else "cancelled")
    assert now.balance.refundable == kept
    assert ledger_never_overdrawn(now) == []
    assert found(shop, now) == []
