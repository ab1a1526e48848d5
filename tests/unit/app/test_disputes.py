"""The bank takes back what paid for services: nothing is switched off, and somebody is asked."""

from __future__ import annotations

from typing import Any

from ordercore.app import ReportChargeback, ReportDisputeWon, WithdrawOrder
from ordercore.domain.orders import Order
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_database, a_vps
from ordercore.testing.fakes import START
from tests.unit.app.reading import NEVER, entries, eur, item_states
from tests.unit.app.shop import CUSTOMER, SYSTEM, Shop


def taken(shop: Shop, order: Order, minor: int, reference: str = "case-1") -> Order | Refusal:
    """Report a chargeback of the order's first payment."""
    return shop.handle(
        ReportChargeback(
            caller=SYSTEM,
            order_id=order.id,
            payment=shop.order(order).ledger[0].key,
            reference=reference,
            amount=eur(minor),
            taken_at=START,
            code="10.4",
        )
    )


def won(shop: Shop, order: Order, minor: int) -> Order | Refusal:
    """Report that the bank gave it back."""
    return shop.handle(
        ReportDisputeWon(
            caller=SYSTEM, order_id=order.id, reference="case-1", amount=eur(minor), won_at=START
        )
    )


def done(answer: Order | Refusal) -> Order:
    """Return the order; what was asked must not be refused."""
    assert isinstance(answer, Order), answer
    return answer


def fulfilled(shop: Shop, *items: Any) -> Order:
    """Return an order whose services run."""
    order = shop.paid(*items)
    shop.run()
    return shop.order(order)


def test_what_runs_goes_on_and_an_operator_is_asked(shop: Shop) -> None:
    """The order is as it was; what is missing is in its books."""
    order = fulfilled(shop)
    now = done(taken(shop, order, 1000))
    assert (now.state, item_states(now)) == ("fulfilled", ["active"])
    assert (now.balance.refundable, now.balance.missing) == (eur(0), eur(1000))
    (letter,) = shop.letters()
    assert (letter.step, letter.code) == ("dispute", "charged-back")
    assert "1000" not in letter.payload
    shop.run()
    assert shop.types(order)[-1] == "payment.charged-back"
    assert shop.violations(order.id) == []


def test_withdrawn_afterwards_only_what_the_bank_left_goes_back(shop: Shop) -> None:
    """The items are taken down; their shares are paid back as far as they are there."""
    order = fulfilled(shop, a_vps(), a_database())
    total = order.total.amount_minor
    done(taken(shop, order, total - 100))
    done(shop.handle(WithdrawOrder(caller=CUSTOMER, order_id=order.id, reason="not needed")))
    shop.run()
    now = shop.order(order)
    assert set(item_states(now)) == {"rolled_back"}
    assert (now.balance.refunded, now.balance.refundable) == (eur(100), eur(0))
    assert shop.violations(order.id) == []
    done(won(shop, order, total - 100))
    codes = [letter.code for letter in shop.letters(status=DeadLetterStatus.OPEN)]
    assert codes == ["charged-back", "dispute-won"]


def test_cancelled_afterwards_nothing_is_paid_back_until_the_dispute_is_won(shop: Shop) -> None:
    """Then it goes to the customer, who never had a service for it."""
    order = shop.paid()
    done(taken(shop, order, 1000))
    shop.cancel(order)
    shop.run()
    assert [m.amount for m in shop.bank.movements] == []
    done(won(shop, order, 1000))
    shop.run()
    now = shop.order(order)
    assert (now.state, now.balance.refunded, now.balance.refundable) == (
        "cancelled",
        eur(1000),
        eur(0),
    )
    assert shop.violations(order.id) == []


def test_an_order_that_fails_pays_nothing_back_that_is_gone(shop: Shop) -> None:
    """Its item could not be had; the bank was faster than we."""
    shop.script.plan("provision 1", NEVER)
    order = shop.paid()
    done(taken(shop, order, 1000))
    shop.run()
    assert shop.order(order).state == "failed"
    assert [m.amount for m in shop.bank.movements] == []
    assert shop.violations(order.id) == []


def test_won_for_what_runs_it_is_paid_again_and_nobody_is_asked(shop: Shop) -> None:
    """There is nothing to find out."""
    order = fulfilled(shop)
    done(taken(shop, order, 1000))
    now = done(won(shop, order, 1000))
    assert now.balance.refundable == eur(1000)
    assert [letter.code for letter in shop.letters()] == ["charged-back"]
    assert entries(now)[-2:] == [("charged_back", 1000, "case-1"), ("won_back", 1000, "case-1")]


def test_a_payment_that_was_reverted_and_taken_is_not_confirmed_anew(shop: Shop) -> None:
    """What the bank left of it was reverted, so the rest of it is not here."""
    order = shop.paid()
    done(taken(shop, order, 400))
    reverted = shop.revert(order)
    assert reverted.balance.refundable == eur(0)
    answer = shop.report(reverted)
    assert isinstance(answer, Refusal)
    assert answer.code == "payment_charged_back"
    done(won(shop, order, 400))
    again = done(shop.report(reverted))
    assert (again.state, again.balance.refundable) == ("payment_confirmed", eur(1000))


def test_all_of_a_payment_may_be_taken_in_parts_under_references_of_their_own(shop: Shop) -> None:
    """Together no more than it was."""
    order = fulfilled(shop)
    done(taken(shop, order, 600))
    done(taken(shop, order, 400, "case-2"))
    answer = taken(shop, order, 1, "case-3")
    assert isinstance(answer, Refusal)
    assert answer.code == "chargeback_exceeds_payment"
    assert shop.order(order).balance.missing == Money(1000, "EUR")
