"""What a bank takes back: the entries, the sums, and which reports cannot be."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import (
    Chargeback,
    DisputeWon,
    EntryKind,
    holdings,
    record_chargeback,
    record_dispute_won,
    request_refund,
    request_refunds,
)
from ordercore.kernel.money import Money
from tests.unit.domain.payments.books import START, asked_back, eur, paid, reversed_
from tests.unit.domain.payments.cards import (
    Decision,
    Ledger,
    authorised,
    captured,
    code,
    grown,
    sums,
)


def taken(
    ledger: Ledger, cents: int, *, payment: str = "pay-1", reference: str = "case-1"
) -> Decision:
    """Decide about a report of the bank's."""
    return record_chargeback(
        ledger,
        Chargeback(reference=reference, payment=payment, amount=eur(cents), at=START, code="10.4"),
    )


def won(ledger: Ledger, cents: int, reference: str = "case-1") -> Decision:
    """Decide about a dispute that was won."""
    return record_dispute_won(ledger, DisputeWon(reference=reference, amount=eur(cents), at=START))


def test_what_was_taken_is_not_there_to_be_refunded() -> None:
    """The entry keeps payment, reference and reason."""
    ledger = grown((paid(1000),), taken((paid(1000),), 300))
    entry = ledger[-1]
    assert (entry.kind, entry.key, entry.source, entry.code) == (
        EntryKind.CHARGED_BACK,
        "case-1",
        "pay-1",
        "10.4",
    )
    assert (sums(ledger).refundable, sums(ledger).missing) == (eur(700), eur(300))
    assert holdings(ledger) == {"pay-1": eur(700)}
    too_much = request_refund(ledger, amount=eur(701), key="b", at=START)
    assert code(too_much) == "refund_exceeds_payment"


def test_won_it_is_there_again() -> None:
    """As far as it came."""
    ledger = grown((paid(1000),), taken((paid(1000),), 300))
    ledger = grown(ledger, won(ledger, 200))
    assert (sums(ledger).refundable, sums(ledger).charged_back) == (eur(900), eur(100))
    assert (ledger[-1].kind, ledger[-1].source) == (EntryKind.WON_BACK, "pay-1")


def test_taken_after_it_was_asked_back_it_is_gone_twice() -> None:
    """Only the part that was still there is missing."""
    before = (paid(1000), asked_back(800))
    ledger = grown(before, taken(before, 1000))
    assert (sums(ledger).refundable, sums(ledger).missing, sums(ledger).gone_twice) == (
        eur(0),
        eur(200),
        eur(800),
    )


def test_one_payment_does_not_make_up_for_another() -> None:
    """What pays for the order goes on to pay for it."""
    before = (paid(1000), asked_back(1000), paid(700, "pay-2"))
    ledger = grown(before, taken(before, 1000))
    assert (sums(ledger).refundable, sums(ledger).gone_twice) == (eur(700), eur(1000))
    assert holdings(ledger) == {"pay-2": eur(700), "pay-1": eur(0)}


def test_a_refund_flows_past_the_payment_that_was_taken() -> None:
    """To the one that is still here."""
    before = (paid(500), paid(700, "pay-2"))
    ledger = grown(before, taken(before, 700, payment="pay-2"))
    (part,) = grown((), request_refunds(ledger, amount=eur(400), key="b", at=START))
    assert part.source == "pay-1"


def test_nothing_falls_below_zero_where_a_refund_named_another_payment() -> None:
    """One refund was taken out of two payments under the name of the newer."""
    before = (paid(600), paid(600, "pay-2"), asked_back(800, source="pay-2"))
    ledger = grown(before, taken(before, 600))
    assert (sums(ledger).refundable, sums(ledger).missing, sums(ledger).gone_twice) == (
        eur(0),
        eur(400),
        eur(200),
    )


def test_a_capture_is_taken_back_under_the_name_its_provider_gave_it() -> None:
    """What is only held cannot be."""
    held = authorised()
    assert code(taken(held, 1, payment="auth-try-1")) == "unknown_payment"
    ledger = captured(held, 1000)
    ledger = grown(ledger, taken(ledger, 1000, payment="cap-take-1"))
    assert sums(ledger).refundable == eur(0)
    assert sums(ledger).captured == eur(1000)


@pytest.mark.parametrize(
    ("payment", "cents", "reference", "why"),
    [
        ("pay-1", 300, "case-1", None),
        ("pay-1", 301, "case-1", "chargeback_differs"),
        ("pay-2", 300, "case-1", "chargeback_differs"),
        ("pay-1", 701, "case-2", "chargeback_exceeds_payment"),
        ("pay-3", 1, "case-2", "unknown_payment"),
    ],
)
def test_a_second_report_is_the_first_another_or_a_mistake(
    payment: str, cents: int, reference: str, why: str | None
) -> None:
    """By its reference, its payment and its amount."""
    before = (paid(1000), paid(500, "pay-2"))
    ledger = grown(before, taken(before, 300))
    decided = taken(ledger, cents, payment=payment, reference=reference)
    assert (None if decided is None else code(decided)) == why


def test_all_that_is_left_of_a_payment_may_be_taken() -> None:
    """To the last cent."""
    ledger = grown((paid(1000),), taken((paid(1000),), 300))
    ledger = grown(ledger, taken(ledger, 700, reference="case-2"))
    assert sums(ledger).refundable == eur(0)


def test_a_dispute_is_won_once_and_for_no_more_than_was_taken() -> None:
    """The same report again is no news."""
    ledger = grown((paid(1000),), taken((paid(1000),), 300))
    assert code(won(ledger, 301)) == "chargeback_differs"
    assert code(won(ledger, 300, "case-2")) == "unknown_chargeback"
    ledger = grown(ledger, won(ledger, 200))
    assert won(ledger, 200) is None
    assert code(won(ledger, 300)) == "chargeback_differs"
    assert taken(ledger, 300) is None  # the old report, late


def test_what_was_won_may_be_taken_again_in_a_case_of_its_own() -> None:
    """It is a payment like before."""
    ledger = grown((paid(1000),), taken((paid(1000),), 1000))
    assert code(taken(ledger, 1, reference="case-2")) == "chargeback_exceeds_payment"
    ledger = grown(ledger, won(ledger, 1000))
    ledger = grown(ledger, taken(ledger, 1000, reference="case-2"))
    assert sums(ledger).missing == eur(1000)


def test_a_payment_that_was_reverted_is_not_here_to_be_taken() -> None:
    """An operator said that it never was."""
    assert code(taken((paid(1000), reversed_(1000)), 1)) == "chargeback_exceeds_payment"


def test_reports_are_in_the_currency_of_the_payment() -> None:
    """Banks take back in the currency that was charged."""
    dollars = Money(1, "USD")
    report = Chargeback(reference="c", payment="pay-1", amount=dollars, at=START, code="10.4")
    assert code(record_chargeback((paid(1000),), report)) == "currency_mismatch"
    ledger = grown((paid(1000),), taken((paid(1000),), 300))
    back = DisputeWon(reference="case-1", amount=dollars, at=START)
    assert code(record_dispute_won(ledger, back)) == "currency_mismatch"
