"""Attempts to have money held: one at a time, for the price, and never forgotten."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.payments import (
    AttemptState,
    EntryKind,
    LedgerEntry,
    PaymentFailure,
    attempts,
    record_authorised,
    record_captured,
    record_declined,
    record_lapsed,
    record_voided,
    request_authorisation,
    request_refunds,
    surplus_attempts,
)
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, eur, hour, paid
from tests.unit.domain.payments.cards import (
    Decision,
    Ledger,
    attempted,
    authorised,
    captured,
    capturing,
    code,
    grown,
    sums,
    voiding,
)


def attempt(before: Ledger, key: str = "try-2", cents: int = 1000, price: int = 1000) -> Decision:
    """Try to pay the price."""
    return request_authorisation(before, amount=eur(cents), price=eur(price), key=key, at=hour(1))


def lapsed(ledger: Ledger, key: str = "try-1") -> Ledger:
    """Give an attempt up."""
    return grown(ledger, record_lapsed(ledger, key=key, at=hour(2)))


# -- asking -------------------------------------------------------------------------------------


def test_an_attempt_is_recorded_before_the_call() -> None:
    """With its key, so that whatever becomes of the call it can be looked up."""
    assert attempt(()) == LedgerEntry(
        kind=EntryKind.AUTHORISATION_REQUESTED, amount=eur(1000), key="try-2", at=hour(1)
    )


@pytest.mark.parametrize(("cents", "price"), [(999, 1000), (1001, 1000), (0, 0), (-5, -5)])
def test_nothing_but_the_price_is_asked_for(cents: int, price: int) -> None:
    """Not less, not more, and nothing for an order that costs nothing."""
    assert code(attempt((), cents=cents, price=price)) == "amount_differs"


def test_another_currency_than_that_of_the_price_is_refused() -> None:
    """The same number of something else is another amount."""
    asked = request_authorisation((), amount=Money(1000, "USD"), price=eur(1000), key="k", at=START)
    assert code(asked) == "amount_differs"


def test_no_new_attempt_while_one_is_unknown() -> None:
    """Its answer may have been lost after the money was taken."""
    refused = attempt(attempted())
    assert isinstance(refused, Refusal)
    assert refused == Refusal(
        code="attempt_open", reason="the outcome of attempt 'try-1' is not known yet"
    )


@pytest.mark.parametrize("end", ["declined", "lapsed", "voided"])
def test_a_new_attempt_may_follow_one_that_failed(end: str) -> None:
    """Its outcome is known, and nothing is held."""
    ledger = attempted()
    if end == "declined":
        ledger = grown(ledger, record_declined(ledger, key="try-1", code="declined", at=START))
    elif end == "lapsed":
        ledger = lapsed(ledger)
    else:
        ledger = voiding(ledger)
        ledger = grown(ledger, record_voided(ledger, key="void-1", at=START))
    assert isinstance(attempt(ledger), LedgerEntry)
    assert [found.state for found in sums(ledger).attempts] == [AttemptState(end)]


def test_no_new_attempt_while_money_is_held_or_here() -> None:
    """Authorised, captured, or confirmed in another way."""
    for ledger in (authorised(), captured(authorised(), 1000), (paid(1000),)):
        refused = attempt(ledger)
        assert isinstance(refused, Refusal)
        assert refused == Refusal(
            code="paid_already", reason="10.00 EUR is held or has been paid already"
        )


def test_an_order_whose_money_went_back_may_be_paid_anew() -> None:
    """Nothing is held and nothing is here."""
    ledger = captured(authorised(), 1000)
    ledger = grown(ledger, request_refunds(ledger, amount=eur(1000), key="back", at=START))
    assert isinstance(attempt(ledger), LedgerEntry)


def test_the_same_attempt_is_recorded_once() -> None:
    """Also after it was granted; its key stands for nothing else."""
    for ledger in (attempted(), authorised()):
        assert attempt(ledger, "try-1") is None
        assert code(attempt(ledger, "try-1", cents=900, price=900)) == "key_reused"
    ledger = captured(authorised(), 1000)
    assert code(attempt(ledger, "take-1")) == "key_reused"


# -- granted ------------------------------------------------------------------------------------


def test_what_is_granted_can_be_captured() -> None:
    """The whole amount, under the provider's reference."""
    balance = sums(authorised())
    assert (balance.authorised, balance.capturable) == (eur(1000), eur(1000))
    assert (balance.captured, balance.refundable) == (eur(0), eur(0))
    assert balance.open_attempt is None
    assert balance.attempts[0].reference == "auth-try-1"


def test_a_sale_brings_the_money_in_at_once() -> None:
    """There is nothing left to capture, and it can go back under the same reference."""
    ledger = authorised(sale=True)
    balance = sums(ledger)
    assert (balance.captured, balance.capturable, balance.refundable) == (
        eur(1000),
        eur(0),
        eur(1000),
    )
    back = request_refunds(ledger, amount=eur(10), key="back", at=START)
    assert isinstance(back, tuple)
    assert [entry.source for entry in back] == ["auth-try-1"]


def test_a_sale_is_two_entries_of_one_attempt() -> None:
    """Granted and taken at once; the money names the attempt it came out of."""
    entries = record_authorised(
        attempted(), key="try-1", at=hour(3), reference="ref", sale=True, until=hour(9)
    )
    held = LedgerEntry(
        kind=EntryKind.AUTHORISED, amount=eur(1000), key="try-1", at=hour(3), reference="ref"
    )
    assert entries == (held, evolve(held, kind=EntryKind.CAPTURED, source="try-1"))


def test_the_same_grant_is_recorded_once() -> None:
    """By whichever way it is reported, and with or without a reference."""
    for reference in ("auth-try-1", ""):
        for sale in (False, True):
            seen = record_authorised(
                authorised(sale=sale), key="try-1", at=hour(3), reference=reference, sale=sale
            )
            assert seen is None


def test_a_second_authorisation_under_one_key_is_an_error_to_look_at() -> None:
    """The provider holds the money twice, or speaks of something else."""
    second = record_authorised(authorised(), key="try-1", at=hour(3), reference="other")
    assert code(second) == "authorisation_differs"


@pytest.mark.parametrize("end", ["declined", "lapsed", "voided"])
def test_money_that_turns_out_to_be_held_is_believed(end: str) -> None:
    """Whatever was concluded before: the effects of a success still follow."""
    ledger = attempted()
    if end == "declined":
        ledger = grown(ledger, record_declined(ledger, key="try-1", code="declined", at=START))
    elif end == "lapsed":
        ledger = lapsed(ledger)
    else:
        ledger = voiding(ledger)
        ledger = grown(ledger, record_voided(ledger, key="void-1", at=START))
    ledger = grown(ledger, record_authorised(ledger, key="try-1", at=hour(5)))
    assert sums(ledger).capturable == eur(1000)
    assert sums(ledger).attempts[0].state is AttemptState.AUTHORISED


def test_two_attempts_that_were_granted_leave_one_to_give_up() -> None:
    """The first that was known to be granted pays; the other is let go or goes back."""
    ledger = authorised("try-2", before=lapsed(attempted()))
    assert surplus_attempts(ledger) == ()
    late = grown(ledger, record_authorised(ledger, key="try-1", at=hour(9), reference="late"))
    assert [found.key for found in surplus_attempts(late)] == ["try-1"]
    assert sums(late).authorised == eur(2000)
    done = voiding(late, "try-1")
    done = grown(done, record_voided(done, key="void-1", at=hour(9)))
    assert surplus_attempts(done) == ()
    assert sums(done).capturable == eur(1000)


# -- declined and lapsed --------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [PaymentFailure.INSUFFICIENT_FUNDS, "some_other_code"])
def test_a_decline_is_recorded_once_with_its_code(failure: str) -> None:
    """Kinds of failure are told apart, those of a provider's own included."""
    ledger = attempted()
    entry = record_declined(ledger, key="try-1", code=failure, at=hour(1), note="sorry")
    assert entry == LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=eur(1000),
        key="try-1",
        at=hour(1),
        note="sorry",
        code=failure,
    )
    assert record_declined((*ledger, entry), key="try-1", code=failure, at=hour(1)) is None
    assert sums((*ledger, entry)).authorised == eur(0)


def test_a_grant_cannot_be_declined_afterwards() -> None:
    """What a provider takes back lapses, with the amount; a decline would hide it."""
    for ledger in (authorised(), captured(authorised(), 1000), authorised(sale=True)):
        seen = record_declined(ledger, key="try-1", code="declined", at=hour(1))
        assert code(seen) == "attempt_authorised"


def test_an_authorisation_that_lapses_frees_what_was_not_captured() -> None:
    """What was captured stays."""
    ledger = lapsed(captured(authorised(), 400))
    balance = sums(ledger)
    assert (balance.authorised, balance.captured, balance.capturable) == (
        eur(400),
        eur(400),
        eur(0),
    )
    assert ledger[-1].amount == eur(600)
    assert record_lapsed(ledger, key="try-1", at=hour(3)) is None


def test_what_lapses_says_why() -> None:
    """In a code for programs and a note for people."""
    assert record_lapsed(
        authorised(), key="try-1", at=hour(2), note="too old", code="expired"
    ) == LedgerEntry(
        kind=EntryKind.LAPSED,
        amount=eur(1000),
        key="try-1",
        at=hour(2),
        note="too old",
        code="expired",
    )


def test_nothing_lapses_of_what_was_captured_altogether() -> None:
    """An authorisation that was used up has nothing left that could expire."""
    ledger = captured(authorised(), 1000)
    assert record_lapsed(ledger, key="try-1", at=hour(3)) is None


def test_an_authorisation_does_not_lapse_under_a_capture() -> None:
    """The capture's own outcome says whether it was in time."""
    ledger = capturing(authorised(), 400)
    assert code(record_lapsed(ledger, key="try-1", at=hour(3))) == "capture_open"
    ledger = grown(ledger, record_captured(ledger, key="take-1", at=hour(3)))
    assert lapsed(ledger)[-1].amount == eur(600)


def test_an_attempt_nobody_made_has_no_outcome() -> None:
    """Notices about payments of others change nothing here."""
    for ledger in ((), attempted()):
        outcomes: list[Decision] = [
            record_authorised(ledger, key="else", at=START),
            record_declined(ledger, key="else", code="declined", at=START),
            record_lapsed(ledger, key="else", at=START),
        ]
        assert [code(outcome) for outcome in outcomes] == ["unknown_attempt"] * 3


def test_entries_about_no_attempt_are_no_attempt() -> None:
    """A stray entry is not made into one."""
    stray = LedgerEntry(kind=EntryKind.AUTHORISED, amount=eur(5), key="stray", at=START)
    assert attempts((stray,)) == ()
    assert sums((stray,)).capturable == eur(0)
