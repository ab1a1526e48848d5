"""Payments: tolerance, repeats, reversals, money that comes too late, refunds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ordercore.app import ConfirmPayment, RevertPayment
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.saga import Failed
from ordercore.kernel.errors import InvalidInput, NotFound, TransitionNotAllowed
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from tests.unit.app.reading import entries, eur
from tests.unit.app.shop import OPERATOR, SYSTEM, Shop, fault_of
from tests.unit.app.tables import DOLLARS

# -- the tolerance -------------------------------------------------------------------------------


def test_an_exact_payment_is_one_entry(shop: Shop) -> None:
    """Reference, amount and time are kept for good."""
    order = shop.submit(shop.place())
    at = datetime(2026, 1, 5, 13, 30, tzinfo=timezone(timedelta(hours=2)))
    paid = shop.report(order, paid_at=at)
    assert isinstance(paid, Order)
    (entry,) = paid.ledger
    assert (entry.kind, entry.key, entry.amount, entry.at) == (
        EntryKind.CONFIRMED,
        "P1",
        eur(1000),
        datetime(2026, 1, 5, 11, 30, tzinfo=UTC),
    )


def test_a_payment_one_euro_short_is_written_off(shop: Shop) -> None:
    """Inclusively; our price is charged and the ledger says what was let go."""
    order = shop.pay(shop.submit(shop.place()), 900)
    assert order.state == "payment_confirmed"
    assert entries(order) == [("confirmed", 900, "P1"), ("written_off", 100, "P1")]


def test_a_payment_one_euro_over_gives_the_excess_back(shop: Shop) -> None:
    """Inclusively; the excess is a refund like any other, asked for once and paid once."""
    order = shop.pay(shop.submit(shop.place()), 1100)
    assert entries(order) == [("confirmed", 1100, "P1"), ("refund_requested", 100, "")]
    shop.run()
    done = shop.order(order)
    assert (done.state, done.balance.refundable, done.balance.refunded) == (
        "fulfilled",
        eur(1000),
        eur(100),
    )
    assert [m.amount for m in shop.bank.movements] == [eur(100)]
    assert shop.violations(order.id) == []


@pytest.mark.parametrize("amount", [899, 1101])
def test_a_payment_beyond_the_tolerance_is_refused_with_both_amounts(
    shop: Shop, amount: int
) -> None:
    """One cent beyond is beyond; the order keeps waiting."""
    order = shop.submit(shop.place())
    refused = shop.report(order, amount)
    assert isinstance(refused, Refusal)
    assert refused.code == "amount_outside_tolerance"
    assert str(eur(amount)) in refused.reason
    assert str(eur(1000)) in refused.reason
    assert shop.order(order) == order


@pytest.mark.parametrize(
    ("amount", "accepted"), [(890, True), (889, False), (1110, True), (1111, False)]
)
def test_in_another_currency_the_rate_that_was_used_is_on_record(
    open_shop: Callable[..., Shop], amount: int, accepted: bool
) -> None:
    """The tolerance of one euro is 1.10 dollars; the payment's entry says at which rate."""
    shop = open_shop(rules=DOLLARS)
    order = shop.submit(shop.place(currency="USD"))
    paid = shop.report(order, amount)
    assert isinstance(paid, Order) is accepted
    if isinstance(paid, Order):
        assert paid.ledger[0].note == "tolerance at EUR/USD 1.10 (test table)"


def test_a_payment_in_another_currency_is_refused(shop: Shop) -> None:
    """Also for an order that is cancelled: nothing is converted."""
    order = shop.submit(shop.place())
    refused = shop.report(order, currency="USD")
    assert isinstance(refused, Refusal)
    assert refused.code == "currency_mismatch"
    gone = shop.cancel(order)
    late = shop.report(gone, currency="USD")
    assert isinstance(late, Refusal)
    assert late.code == "currency_mismatch"
    assert shop.order(order) == gone


@pytest.mark.parametrize("amount", [0, -1000])
def test_no_money_is_no_payment(shop: Shop, amount: int) -> None:
    """Zero or less is refused."""
    order = shop.submit(shop.place())
    refused = shop.report(order, amount)
    assert isinstance(refused, Refusal)
    assert refused.code == "amount_not_positive"


def test_the_lifecycle_speaks_before_the_tolerance(shop: Shop) -> None:
    """A draft does not wait for money, whatever the amount; the fault says what is allowed."""
    order = shop.place()
    for amount in (1000, 5):
        fault = fault_of(lambda amount=amount: shop.report(order, amount))  # type: ignore[misc]
        assert isinstance(fault, TransitionNotAllowed)
        assert set(fault.allowed) == {"submit", "cancel"}


def test_a_time_without_an_offset_is_refused(shop: Shop) -> None:
    """Nobody can say which moment it means."""
    order = shop.submit(shop.place())
    fault = fault_of(lambda: shop.report(order, paid_at=shop.clock.now().replace(tzinfo=None)))
    assert isinstance(fault, InvalidInput)
    assert fault.field == "paid_at"


def test_payments_and_reversals_of_no_order_are_not_found(shop: Shop) -> None:
    """Nothing is recorded for an order that is not there."""
    nowhere = OrderId("nope")
    for use_case in (
        ConfirmPayment(caller=SYSTEM, order_id=nowhere, reference="P", amount=eur(1)),
        RevertPayment(caller=OPERATOR, order_id=nowhere, reason=""),
    ):
        fault = fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc]
        assert isinstance(fault, NotFound)


# -- repeats -------------------------------------------------------------------------------------


def test_the_same_payment_reported_twice_is_one_payment(shop: Shop) -> None:
    """Same reference and amount; the order may have moved on since."""
    order = shop.paid()
    assert shop.pay(order) == order
    shop.run()
    done = shop.order(order)
    assert shop.pay(done) == done


def test_the_same_reference_with_another_amount_is_refused(shop: Shop) -> None:
    """One of the two reports is wrong; the ledger keeps the first."""
    order = shop.paid()
    refused = shop.report(order, 1001)
    assert isinstance(refused, Refusal)
    assert refused.code == "payment_reference_reused"
    assert str(eur(1000)) in refused.reason
    assert str(eur(1001)) in refused.reason
    assert shop.order(order) == order


def test_a_second_payment_for_a_paid_order_is_a_fault_and_not_ignored(shop: Shop) -> None:
    """Silence would keep the customer's money."""
    order = shop.paid()
    fault = fault_of(lambda: shop.report(order, reference="P2"))
    assert isinstance(fault, TransitionNotAllowed)
    assert fault.state == "payment_confirmed"


# -- reversals -----------------------------------------------------------------------------------


def test_a_reversal_moves_no_money(shop: Shop) -> None:
    """The record stays, a reversal is added, nothing is refundable, nothing is paid back."""
    order = shop.revert(shop.paid())
    assert order.state == "pending_payment"
    assert entries(order) == [("confirmed", 1000, "P1"), ("reversed", 1000, "P1")]
    assert order.balance.refundable.is_zero
    shop.cancel(order)
    shop.run()
    assert shop.bank.movements == []
    assert shop.violations(order.id) == []


def test_a_payment_is_reverted_during_validation_too(shop: Shop) -> None:
    """And the worker that was at it lets go."""
    shop.limits.trouble = TimeoutError()
    order = shop.paid()
    shop.work()
    assert shop.revert(order).state == "pending_payment"
    shop.limits.trouble = None
    shop.run()
    assert shop.order(order).state == "pending_payment"


def test_nothing_is_reverted_once_provisioning_has_started(shop: Shop) -> None:
    """What is being built cannot become unpaid."""
    order = shop.paid()
    shop.script.plan("provision 1", Failed(code="busy", reason="later"))
    shop.work()
    use_case = RevertPayment(caller=OPERATOR, order_id=order.id, reason="x")
    fault = fault_of(lambda: shop.handle(use_case))
    assert isinstance(fault, TransitionNotAllowed)
    assert fault.state == "provisioning"


def test_reverting_an_unpaid_order_is_a_fault_of_the_lifecycle(shop: Shop) -> None:
    """It says what is allowed instead of talking about the ledger."""
    order = shop.submit(shop.place())
    use_case = RevertPayment(caller=OPERATOR, order_id=order.id, reason="x")
    assert isinstance(fault_of(lambda: shop.handle(use_case)), TransitionNotAllowed)


def test_a_reverted_payment_can_be_confirmed_anew(shop: Shop) -> None:
    """It had been right after all: same reference, same amount."""
    order = shop.pay(shop.revert(shop.paid()))
    assert order.state == "payment_confirmed"
    assert order.balance.refundable == eur(1000)
    refused = shop.report(shop.revert(order), 950)
    assert isinstance(refused, Refusal)
    assert refused.code == "payment_reference_reused"


def test_an_excess_goes_back_once_however_often_its_payment_is_reverted(shop: Shop) -> None:
    """Confirmed anew, only what did not go back before is still here."""
    shop.limits.trouble = TimeoutError()
    order = shop.pay(shop.submit(shop.place()), 1050)
    for _ in range(3):
        shop.work()
        shop.pay(shop.revert(order), 1050)
    shop.limits.trouble = None
    shop.run()
    assert [m.amount for m in shop.bank.movements] == [eur(50)]
    assert shop.order(order).balance.refundable == eur(1000)
    assert shop.violations(order.id) == []
