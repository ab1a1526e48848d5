"""The bank takes back what paid for goods, at every stage, and may have to give it back again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ordercore.app import Caller, ReportChargeback, ReportDisputeWon
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import EntryKind
from ordercore.engine.saga import Accepted
from ordercore.kernel.errors import ConcurrencyConflict, IdempotencyKeyReused, NotFound
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing import laws, sale_laws
from ordercore.testing.fakes import START
from tests.unit.app.providers import Lost
from tests.unit.app.retail_shop import TOTAL, Store
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, TENANT, fault_of
from tests.unit.app.test_retail_doubtful_parcels import given_up
from tests.unit.app.test_retail_races import given_up_but_not_let_go
from tests.unit.app.test_retail_repricing import MUGS_OFF, done, euros

NOTHING = euros(0)


def reference(order: Order) -> str:
    """Return the name of the payment that came in first."""
    came = (EntryKind.CAPTURED, EntryKind.CONFIRMED)
    entry = next(entry for entry in order.ledger if entry.kind in came)
    return entry.reference or entry.key


def taken(store: Store, order: Order, amount: Money = TOTAL, **how: Any) -> Order | Refusal:
    """Report a chargeback."""
    asked = {"caller": SYSTEM, "reference": "case-1", "taken_at": START, "code": "10.4", **how}
    asked.setdefault("payment", reference(store.order(order)))
    return store.handle(ReportChargeback(order_id=order.id, amount=amount, **asked))


def won(store: Store, order: Order, amount: Money = TOTAL, **how: Any) -> Order | Refusal:
    """Report that the bank gave it back."""
    asked = {"caller": SYSTEM, "reference": "case-1", "won_at": START, **how}
    return store.handle(ReportDisputeWon(order_id=order.id, amount=amount, **asked))


def refused(answer: Order | Refusal) -> str:
    """Return the code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def whole(store: Store, order: Order) -> list[str]:
    """Return what a disputed order at rest breaks of the laws of money and books."""
    now = store.order(order)
    return [
        *laws.fold_equals_row(now, store.history(now)),
        *laws.ledger_never_overdrawn(now),
        *sale_laws.credited_at_rest(now),
        *sale_laws.documents_follow_goods(now),
        *sale_laws.papers_add_up(now),
    ]


# -- goods that are still here --------------------------------------------------------------------


def test_goods_not_packed_yet_are_called_off_and_nothing_is_paid_twice(store: Store) -> None:
    """They are for sale again, and nobody has to see to it."""
    before = store.available()
    order = store.confirmed("debit_card")
    called_off = done(taken(store, order))
    assert called_off.state == S.CANCELLED
    store.settle()
    assert (store.till.given_back(order.id), store.available()) == (NOTHING, before)
    assert store.letters() == ()
    assert store.violations_at_rest(order) == []
    assert "payment.charged-back" in [e.type for e in store.published(order)]


def test_what_the_bank_left_goes_to_the_customer(store: Store) -> None:
    """It took a part; the order is no longer paid, and the rest is paid back."""
    order = store.confirmed("debit_card")
    assert done(taken(store, order, euros(1000))).state == S.CANCELLED
    store.settle()
    assert store.till.given_back(order.id) == TOTAL - euros(1000)
    assert store.violations_at_rest(order) == []


def test_packed_goods_stay_here_and_their_invoice_is_credited(store: Store) -> None:
    """The carrier had not come yet."""
    store.script.plan("hand over", *[Accepted()] * 3)
    order = store.confirmed("credit_card")
    while store.order(order).state != S.READY:
        store.work_a_little(1)
    assert done(taken(store, order)).state == S.CANCELLED
    store.settle()
    assert store.till.given_back(order.id) == NOTHING
    assert whole(store, order) == []


def test_a_parcel_that_may_have_left_is_left_to_an_operator(store: Store) -> None:
    """Nobody could stop it any more."""
    order = given_up(store, Lost())
    assert done(taken(store, order)).state == S.READY
    assert [each.step for each in store.letters()] == ["hand-over", "dispute"]


@pytest.mark.parametrize("paid", [False, True], ids=["awaiting payment", "confirmed"])
def test_another_payment_is_not_touched_by_what_became_of_the_first(
    store: Store, paid: bool
) -> None:
    """It was paid twice; the bank takes the one that had gone back. The other pays the order."""
    order = given_up_but_not_let_go(store)
    store.script.plan("authorise", Lost())
    store.retry(order)
    (letter,) = store.letters()
    store.close_letter(letter)
    store.work()
    assert store.till.given_back(order.id) == TOTAL
    first = reference(store.order(order))
    while paid and store.order(order).state != S.CONFIRMED:
        store.clock.advance(timedelta(seconds=5))
        store.work_a_little(1)
    now = done(taken(store, order, payment=first))
    assert now.state == (S.CONFIRMED if paid else S.AWAITING_PAYMENT)
    assert now.balance.gone_twice == TOTAL
    assert [letter.step for letter in store.letters()] == ["dispute"]
    store.settle()
    assert store.order(order).state == S.SHIPPED
    assert store.violations_at_rest(order) == []


# -- goods that have left -------------------------------------------------------------------------


@pytest.mark.parametrize("payment", ["debit_card", "credit_card", "wallet"])
def test_goods_that_have_left_are_for_an_operator(store: Store, payment: str) -> None:
    """The order stays as it is, and says what is missing."""
    order = store.sold(payment)
    now = done(taken(store, order))
    assert (now.state, now.balance.refundable, now.balance.missing) == (S.SHIPPED, NOTHING, TOTAL)
    (letter,) = store.letters()
    assert (letter.step, letter.code) == ("dispute", "charged-back")
    store.close_letter(letter, "resolved")
    assert store.kinds(order)[-1] == "order.operator-task-done"
    assert done(store.deliver(order)).state == S.DELIVERED  # it is not paid
    assert whole(store, order) == []


def test_sent_back_afterwards_nothing_is_paid_back_and_the_invoice_is_credited(
    store: Store,
) -> None:
    """The papers follow the goods, the money is with the customer already."""
    order = store.sold("debit_card")
    done(store.deliver(order))
    assert store.order(order).state == S.COMPLETED
    done(taken(store, order))
    assert done(store.send_back(order)).state == S.RETURNED
    store.settle()
    assert store.till.given_back(order.id) == NOTHING
    assert store.violations_at_rest(order) == []
    book = sale_laws.GatewayBook()
    assert sale_laws.nothing_is_held(store.order(order), book) == []


def test_made_cheaper_afterwards_nothing_is_paid_back(store: Store) -> None:
    """As long as the bank has more than the difference."""
    order = store.sold("debit_card")
    done(taken(store, order))
    done(store.reprice(order, MUGS_OFF))
    store.settle()
    assert store.till.given_back(order.id) == NOTHING
    assert whole(store, order) == []


def test_taken_after_it_was_paid_back_it_is_gone_twice(store: Store) -> None:
    """Nothing falls below zero, and somebody has to contest it."""
    order = store.sold("debit_card")
    done(store.deliver(order))
    done(store.send_back(order))
    store.settle()
    now = done(taken(store, order))
    sums = now.balance
    assert (sums.refundable, sums.missing, sums.gone_twice) == (NOTHING, NOTHING, TOTAL)
    assert [letter.step for letter in store.letters()] == ["dispute"]
    assert whole(store, order) == []
    done(won(store, order))
    assert store.order(order).balance.gone_twice == NOTHING
    store.settle()
    assert store.till.given_back(order.id) == TOTAL  # once


# -- a dispute that was won -----------------------------------------------------------------------


def test_won_for_goods_that_left_it_is_paid_again(store: Store) -> None:
    """A delivered order is complete then."""
    order = store.sold("debit_card")
    done(taken(store, order))
    done(store.deliver(order))
    now = done(won(store, order))
    assert (now.state, now.balance.refundable) == (S.COMPLETED, TOTAL)
    store.help_out()
    store.settle()
    assert store.violations_at_rest(order) == []
    assert "payment.dispute-won" in [e.type for e in store.published(order)]


def test_won_for_an_order_that_was_called_off_it_goes_to_the_customer(store: Store) -> None:
    """They got no goods for it."""
    order = store.confirmed("debit_card")
    done(taken(store, order))
    done(won(store, order))
    store.settle()
    assert store.till.given_back(order.id) == TOTAL
    assert store.violations_at_rest(order) == []


def test_won_in_part_the_rest_is_missing(store: Store) -> None:
    """And the customer gets what is left of the price that was lowered meanwhile."""
    order = store.sold("debit_card")
    done(taken(store, order))
    done(won(store, order, TOTAL - euros(100)))
    assert store.order(order).balance.missing == euros(100)
    assert refused(won(store, order, TOTAL)) == "chargeback_differs"
    assert whole(store, order) == []


# -- what can be reported -------------------------------------------------------------------------


def test_reported_again_nothing_happens(store: Store) -> None:
    """By whomever, under whatever key; both ways."""
    order = store.sold("debit_card")
    once = done(taken(store, order))
    again = Caller.of(TENANT, "olga", role="operator", idempotency_key="k")
    assert done(taken(store, order, caller=again)) == once
    assert done(taken(store, order, caller=again)) == once
    assert (
        fault_of(lambda: taken(store, order, euros(1), caller=again)).code
        == IdempotencyKeyReused.code
    )
    once = done(won(store, order))
    assert done(won(store, order, caller=OPERATOR)) == once
    assert len(store.letters()) == 1


def test_what_cannot_be_is_refused_and_nothing_is_written(store: Store) -> None:
    """Each with a code of its own."""
    order = store.sold("debit_card")
    before = store.order(order)
    assert refused(won(store, order)) == "unknown_chargeback"
    assert refused(taken(store, order, payment="another")) == "unknown_payment"
    assert refused(taken(store, order, TOTAL + euros(1))) == "chargeback_exceeds_payment"
    assert refused(taken(store, order, Money(1, "USD"))) == "currency_mismatch"
    assert refused(taken(store, order, NOTHING)) == "amount_not_positive"
    assert refused(taken(store, order, caller=CUSTOMER)) == "not_permitted"
    assert refused(won(store, order, caller=CUSTOMER)) == "not_permitted"
    assert store.order(order) == before
    done(taken(store, order, euros(100)))
    assert refused(taken(store, order, euros(101))) == "chargeback_differs"
    assert refused(taken(store, order, TOTAL, reference="case-2")) == "chargeback_exceeds_payment"
    assert refused(won(store, order, euros(101))) == "chargeback_differs"
    assert refused(won(store, order, Money(100, "USD"))) == "currency_mismatch"
    assert refused(won(store, order, euros(-1))) == "amount_not_positive"


def test_it_is_about_an_order_that_exists_at_the_version_that_was_seen(store: Store) -> None:
    """Like every other change."""
    order = store.sold("debit_card")
    stale = fault_of(lambda: taken(store, order, expected_version=1))
    assert isinstance(stale, ConcurrencyConflict)
    nobody = ReportDisputeWon(
        caller=SYSTEM, order_id=OrderId("none"), reference="c", amount=TOTAL, won_at=START
    )
    assert isinstance(fault_of(lambda: store.handle(nobody)), NotFound)
