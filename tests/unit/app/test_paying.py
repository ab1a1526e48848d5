"""Payments: tolerance, repeats, reversals, money that comes too late, refunds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ordercore.app import CloseDeadLetter, ConfirmPayment, RevertPayment
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Absent, Failed, Rejected, Unclear
from ordercore.kernel.errors import InvalidInput, NotFound, TransitionNotAllowed
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, Shop, fault_of
from tests.unit.app.tables import DOLLARS, costing


def entries(order: Order) -> list[tuple[str, int, str]]:
    """Return kind, amount and key of every ledger entry, without keys of refunds."""
    return [
        (e.kind.value, e.amount.amount_minor, e.key if "refund" not in e.kind else "")
        for e in order.ledger
    ]


def eur(minor: int) -> Money:
    """Return euros."""
    return Money(minor, "EUR")


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


# -- refunds -------------------------------------------------------------------------------------


def test_cancelling_before_provisioning_returns_what_was_really_paid(shop: Shop) -> None:
    """Not the price: within the tolerance the two differ."""
    order = shop.cancel(shop.pay(shop.submit(shop.place()), 950))
    shop.run()
    assert [(m.amount, m.payment_reference) for m in shop.bank.movements] == [(eur(950), "P1")]
    gone = shop.order(order)
    assert (gone.balance.refunded, gone.balance.outstanding) == (eur(950), eur(0))
    assert "billing.refund-requested" in shop.types(order)
    assert shop.violations(order.id) == []


def test_a_refund_is_on_record_before_the_provider_is_asked(shop: Shop) -> None:
    """Deciding and moving money are two records: a lost rollback cannot lose a real refund."""
    order = shop.cancel(shop.paid())
    assert [e.kind for e in order.ledger][-1] is EntryKind.REFUND_REQUESTED
    assert shop.bank.movements == []
    assert order.balance.refundable.is_zero


def test_excess_and_cancellation_together_return_no_more_than_came_in(shop: Shop) -> None:
    """The excess is still on its way when the rest is asked back."""
    order = shop.cancel(shop.pay(shop.submit(shop.place()), 1100))
    shop.run()
    assert sorted(m.amount.amount_minor for m in shop.bank.movements) == [100, 1000]
    assert shop.violations(order.id) == []


def test_money_for_a_cancelled_order_is_sent_back_and_audited(shop: Shop) -> None:
    """Whatever the amount; not ignored, not kept."""
    order = shop.cancel(shop.submit(shop.place()))
    late = shop.pay(order, 5, reference="P9")
    assert late.state == "cancelled"
    shop.run()
    assert [(m.amount, m.payment_reference) for m in shop.bank.movements] == [(eur(5), "P9")]
    assert shop.types(order)[2:] == [
        "order.cancelled",
        "order.late-payment-received",
        "billing.refund-requested",
        "billing.refund-settled",
    ]
    assert shop.pay(order, 5, reference="P9") == shop.order(order)
    assert shop.violations(order.id) == []


def test_money_for_a_failed_order_is_sent_back_too(shop: Shop) -> None:
    """A second payment that arrives after the first was refunded."""
    shop.script.plan("provision 1", Rejected(code="no", reason="never"))
    order = shop.paid()
    shop.run()
    assert shop.order(order).state == "failed"
    shop.pay(order, reference="P2")
    shop.run()
    assert sorted(m.payment_reference for m in shop.bank.movements) == ["P1", "P2"]
    assert shop.violations(order.id) == []


def test_a_customer_cannot_make_money_go_out_by_reporting_a_late_payment(shop: Shop) -> None:
    """The report of money for a cancelled order causes a refund, so only the payment side may."""
    order = shop.cancel(shop.place())
    for caller in (CUSTOMER, OPERATOR):
        refused = shop.report(order, 100_000, reference="fake", caller=caller)
        assert isinstance(refused, Refusal)
        assert refused.code == "not_permitted"
    shop.run()
    assert shop.bank.movements == []


def test_a_reverted_payment_reported_after_cancellation_goes_back_less_what_went_before(
    shop: Shop,
) -> None:
    """One payment never returns more than it was."""
    order = shop.pay(shop.submit(shop.place()), 1060)
    shop.cancel(shop.revert(order))
    shop.pay(order, 1060)
    shop.run()
    assert sorted(m.amount.amount_minor for m in shop.bank.movements) == [60, 1000]
    assert shop.violations(order.id) == []


def test_a_refund_whose_answer_is_lost_is_looked_up_and_not_paid_again(shop: Shop) -> None:
    """A timeout says nothing: neither success nor failure."""
    shop.script.plan("refund", Lost())
    order = shop.cancel(shop.paid())
    shop.work()
    assert shop.order(order).balance.outstanding == eur(1000)
    shop.run()

    assert shop.script.verbs() == ["refund", "find refund"]
    assert len(shop.bank.movements) == 1
    assert shop.order(order).balance.refunded == eur(1000)
    assert shop.violations(order.id) == []


def test_a_refund_that_is_found_later_has_all_its_effects(shop: Shop) -> None:
    """Unknown that becomes success: ledger, event and restoring work as after a plain success."""
    shop.script.plan("refund", Lost())
    shop.script.plan("find refund", Unclear(reason="busy"), Lost(), Unclear(reason="busy"))
    order = shop.cancel(shop.paid())
    shop.run()
    assert len(shop.script.times("find refund")) == 4
    assert "billing.refund-settled" in shop.types(order)
    assert isinstance(shop.restore(order), Order)


def test_no_new_attempt_is_made_while_an_earlier_refund_is_unclear(shop: Shop) -> None:
    """It is only ever looked up, until somebody knows."""
    shop.script.plan("refund", Unclear(reason="timeout"))
    shop.script.plan("find refund", *[Unclear(reason="timeout")] * 20)
    shop.cancel(shop.paid())
    for _ in range(20):
        shop.work()
        shop.clock.advance(seconds=5)
    assert shop.script.verbs().count("refund") == 1


def test_a_refund_that_was_never_made_is_made_after_the_look_up(shop: Shop) -> None:
    """The look-up finds no trace: only then is it asked for again, under the same key."""
    shop.script.plan("refund", Unclear(reason="timeout"))
    shop.cancel(shop.paid())
    shop.run()
    assert shop.script.verbs() == ["refund", "find refund", "refund"]
    assert len({key for verb, key, _ in shop.script.calls}) == 1
    assert len(shop.bank.movements) == 1


def test_a_refused_refund_stays_owed_and_can_be_tried_again(shop: Shop) -> None:
    """The order stays as it was; an operator retries the dead letter and the money goes."""
    shop.script.plan("refund", Rejected(code="closed", reason="card account is closed"))
    order = shop.cancel(shop.paid())
    shop.run()
    owed = shop.order(order)
    assert (owed.state, owed.balance.outstanding) == ("cancelled", eur(1000))
    (letter,) = shop.letters()
    assert (letter.step, letter.code, letter.attempts) == ("refund", "closed", 1)

    shop.handle(
        CloseDeadLetter(
            caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus.RETRIED, note="reopened"
        )
    )
    shop.run()
    assert shop.order(order).balance.refunded == eur(1000)
    assert shop.letters() == ()
    assert shop.violations(order.id) == []


def test_a_technical_failure_of_a_refund_is_retried_on_the_plan(shop: Shop) -> None:
    """After 2, 4, 8, 16 and 30 seconds, then an operator is asked."""
    shop.script.plan("refund", *[Failed(code="down", reason="503")] * 6)
    start = shop.clock.now()
    shop.cancel(shop.paid())
    shop.run()
    waited = [(at - start).total_seconds() for at in shop.script.times("refund")]
    assert waited == [0, 2, 6, 14, 30, 60]
    assert [letter.attempts for letter in shop.letters()] == [6]


def test_a_fully_refunded_order_can_still_be_cancelled(shop: Shop) -> None:
    """Every item lost and refunded, another still on its way: cancelling asks nothing twice."""
    order = shop.paid(a_vps(), a_vps())
    shop.script.plan("provision 1", Rejected(code="no", reason="never"))
    shop.script.plan("provision 2", *[Failed(code="busy", reason="later")] * 4)
    shop.work()
    cancelled = shop.cancel(order)
    assert cancelled.balance.refundable.is_zero
    shop.run()
    assert sorted(m.amount.amount_minor for m in shop.bank.movements) == [1000, 1000]
    assert shop.violations(order.id) == []


def test_a_partial_refund_does_not_stop_the_rest_of_the_order(shop: Shop) -> None:
    """One item is refunded alone; refunding is a matter of money and not a state of the order."""
    order = shop.paid(a_vps(), a_database())
    shop.script.plan("provision 1", Rejected(code="no", reason="never"))
    shop.run()
    done = shop.order(order)
    assert (done.state, done.balance.refunded) == ("fulfilled", eur(1000))
    assert shop.violations(order.id) == []


def test_item_refunds_add_up_to_what_was_paid_to_the_cent(shop: Shop) -> None:
    """Shares of an odd amount: underpaid by 99 cents, three items, all lost."""
    order = shop.pay(shop.submit(shop.place(a_vps(), a_vps(), a_vps())), 2901)
    for item in "123":
        shop.script.plan(f"provision {item}", Rejected(code="no", reason="never"))
    shop.run()
    assert shop.order(order).state == "failed"
    assert sum(m.amount.amount_minor for m in shop.bank.movements) == 2901
    assert shop.violations(order.id) == []


def test_keys_of_refunds_are_derived_and_differ_between_refunds(shop: Shop) -> None:
    """The same for every attempt of one refund, and never shared by two."""
    shop.script.plan("refund", Failed(code="down", reason="x"), Failed(code="down", reason="x"))
    order = shop.cancel(shop.paid())
    shop.run()
    shop.pay(order, reference="P2")
    shop.run()
    keys = [key for verb, key, _ in shop.script.calls if verb == "refund"]
    assert len(keys) == 4
    assert len(set(keys)) == 2


def test_an_unpaid_order_that_is_cancelled_refunds_nothing(shop: Shop) -> None:
    """No money, no saga, no event."""
    order = shop.cancel(shop.submit(shop.place()))
    shop.run()
    assert order.sagas == ()
    assert shop.script.calls == []


def test_a_look_up_that_finds_nothing_is_no_failure_of_the_refund(shop: Shop) -> None:
    """An absent refund is asked for anew and settles."""
    shop.script.plan("refund", Unclear(reason="timeout"))
    shop.script.plan("find refund", Absent())
    order = shop.cancel(shop.paid())
    shop.run()
    assert shop.order(order).balance.outstanding.is_zero


def test_prices_that_changed_since_do_not_change_what_goes_back(shop: Shop) -> None:
    """What was paid is in the ledger, not in the price book."""
    order = shop.paid()
    shop.under(costing(9))
    shop.cancel(order)
    shop.run()
    assert [m.amount for m in shop.bank.movements] == [eur(1000)]


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
