"""Money goes back: whole, in part, once, and never more than came in."""

from __future__ import annotations

from ordercore.app import CloseDeadLetter
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Absent, Failed, Rejected, Unclear
from ordercore.kernel.result import Refusal
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.reading import eur
from tests.unit.app.shop import CUSTOMER, OPERATOR, Shop
from tests.unit.app.tables import costing

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


def test_cancelling_after_an_item_was_refunded_asks_back_only_the_rest(shop: Shop) -> None:
    """One item is lost and refunded, another still on its way: nothing is asked back twice."""
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
