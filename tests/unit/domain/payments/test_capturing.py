"""Taking held money: in parts, once, and never more than is held."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import (
    AttemptState,
    EntryKind,
    LedgerEntry,
    record_authorised,
    record_capture_declined,
    record_captured,
    record_declined,
    record_lapsed,
    record_void_declined,
    request_capture,
    request_refunds,
    request_void,
)
from ordercore.kernel.errors import CurrencyMismatch
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, eur, hour
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


def take(ledger: Ledger, cents: int, key: str = "take-9") -> Decision:
    """Try to capture."""
    return request_capture(ledger, amount=eur(cents), key=key, at=hour(1))


# -- capture ------------------------------------------------------------------------------------


def test_a_capture_reserves_its_part_and_names_its_attempt() -> None:
    """Before the call; what it is for goes along."""
    items = (ItemId("1"),)
    entry = request_capture(
        authorised(), amount=eur(400), key="take-1", at=hour(1), items=items, note="packed"
    )
    assert entry == LedgerEntry(
        kind=EntryKind.CAPTURE_REQUESTED,
        amount=eur(400),
        key="take-1",
        at=hour(1),
        items=items,
        source="try-1",
        note="packed",
    )
    balance = sums((*authorised(), entry))
    assert (balance.capturable, balance.captured, balance.refundable) == (
        eur(600),
        eur(0),
        eur(0),
    )


def test_captures_add_up_to_what_is_authorised_and_not_one_cent_more() -> None:
    """Those whose outcome is unknown count as well."""
    for ledger in (captured(authorised(), 400), capturing(authorised(), 400)):
        assert take(ledger, 601) == Refusal(
            code="capture_exceeds_authorisation",
            reason="6.01 EUR was to be captured, but only 6.00 EUR can be",
        )
        assert isinstance(take(ledger, 600), LedgerEntry)
    whole = captured(captured(authorised(), 400), 600, "take-2")
    assert sums(whole).captured == sums(whole).authorised == eur(1000)
    assert code(take(whole, 1)) == "capture_exceeds_authorisation"


def test_nothing_is_captured_that_was_never_granted() -> None:
    """No attempt, one that is open, and less than nothing."""
    for ledger, cents, most in (
        ((), 1, "0.00"),
        (attempted(), 1, "0.00"),
        (authorised(), -1, "10.00"),
    ):
        assert take(ledger, cents) == Refusal(
            code="capture_exceeds_authorisation",
            reason=f"{eur(cents)} was to be captured, but only {most} EUR can be",
        )


def test_a_capture_of_nothing_is_no_entry() -> None:
    """Nothing is taken, so nothing is reserved."""
    assert take(authorised(), 0) is None


def test_the_same_capture_is_requested_once() -> None:
    """Also when by now there would not be enough; its key stands for one amount."""
    ledger = captured(authorised(), 1000)
    assert take(ledger, 1000, "take-1") is None
    assert code(take(ledger, 999, "take-1")) == "key_reused"
    assert code(take(authorised(), 1000, "try-1")) == "key_reused"


def test_a_capture_comes_out_of_the_first_grant_that_allows_it() -> None:
    """Two are there only when one that was given up turns out to have been granted."""
    ledger = attempted()
    ledger = grown(ledger, record_lapsed(ledger, key="try-1", at=START))
    ledger = authorised("try-2", before=ledger)
    ledger = grown(ledger, record_authorised(ledger, key="try-1", at=hour(1)))
    first = take(ledger, 1000)
    assert isinstance(first, LedgerEntry)
    assert first.source == "try-2"
    second = take((*ledger, first), 500, "take-2")
    assert isinstance(second, LedgerEntry)
    assert second.source == "try-1"


def test_a_capture_that_arrives_is_money_that_can_go_back() -> None:
    """Recorded once, with what it was requested for and the provider's reference."""
    ledger = capturing(authorised(), 400)
    entry = record_captured(ledger, key="take-1", at=hour(2), reference="cap-7")
    assert entry == LedgerEntry(
        kind=EntryKind.CAPTURED,
        amount=eur(400),
        key="take-1",
        at=hour(2),
        source="try-1",
        reference="cap-7",
    )
    after = (*ledger, entry)
    assert sums(after).refundable == eur(400)
    assert record_captured(after, key="take-1", at=hour(3), reference="cap-7") is None
    assert code(record_capture_declined(after, key="take-1", code="declined", at=START)) == (
        "capture_arrived"
    )


def test_a_capture_that_is_refused_frees_what_it_had_reserved() -> None:
    """Once, with the provider's reason."""
    ledger = capturing(authorised(), 400)
    entry = record_capture_declined(
        ledger, key="take-1", code="authorisation_expired", at=hour(2), note="too late"
    )
    assert entry == LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=eur(400),
        key="take-1",
        at=hour(2),
        source="try-1",
        note="too late",
        code="authorisation_expired",
    )
    after = (*ledger, entry)
    assert sums(after).capturable == eur(1000)
    assert sums(after).attempts[0].state is AttemptState.AUTHORISED
    assert record_capture_declined(after, key="take-1", code="declined", at=START) is None


def test_a_capture_that_was_declined_and_arrived_after_all_is_believed() -> None:
    """Also when what it came out of was given up as a whole meanwhile: it was not let go then."""
    ledger = capturing(authorised(), 400)
    declined = record_capture_declined(ledger, key="take-1", code="gateway_down", at=hour(2))
    assert isinstance(declined, LedgerEntry)
    lapsed = record_lapsed((*ledger, declined), key="try-1", at=hour(3))
    assert isinstance(lapsed, LedgerEntry)
    for before, held in (((*ledger, declined), 600), ((*ledger, declined, lapsed), 0)):
        arrived = record_captured(before, key="take-1", at=hour(4), reference="cap-7")
        assert isinstance(arrived, LedgerEntry)
        (attempt,) = sums((*before, arrived)).attempts
        assert (attempt.captured, attempt.held) == (eur(400), eur(held))
        assert sums((*before, arrived)).refundable == eur(400)
        assert record_captured((*before, arrived), key="take-1", at=hour(5)) is None


def test_a_declined_capture_may_arrive_into_the_very_last_of_what_was_granted() -> None:
    """To the cent, beside one that has arrived and one that is under way."""
    ledger = capturing(authorised(), 400)
    ledger = grown(
        ledger, record_capture_declined(ledger, key="take-1", code="declined", at=hour(2))
    )
    ledger = capturing(captured(ledger, 350, "take-2"), 250, "take-3")
    arrived = record_captured(ledger, key="take-1", at=hour(4))
    assert isinstance(arrived, LedgerEntry)
    assert sums((*ledger, arrived)).captured == eur(750)


def test_what_a_capture_was_for_goes_along_to_its_end() -> None:
    """A host books goods by it, whether the money came or not."""
    items = (ItemId("1"), ItemId("2"))
    ledger = grown(
        authorised(),
        request_capture(authorised(), amount=eur(400), key="take-1", at=START, items=items),
    )
    arrived = record_captured(ledger, key="take-1", at=hour(1), reference="cap-7")
    assert arrived == LedgerEntry(
        kind=EntryKind.CAPTURED,
        amount=eur(400),
        key="take-1",
        at=hour(1),
        items=items,
        source="try-1",
        reference="cap-7",
    )
    declined = record_capture_declined(ledger, key="take-1", code="declined", at=hour(1), note="no")
    assert declined == LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=eur(400),
        key="take-1",
        at=hour(1),
        items=items,
        source="try-1",
        note="no",
        code="declined",
    )


def test_a_declined_capture_cannot_arrive_where_others_took_its_place() -> None:
    """More than was granted is not taken: somebody has to look at it."""
    ledger = capturing(authorised(), 400)
    declined = record_capture_declined(ledger, key="take-1", code="declined", at=hour(2))
    assert isinstance(declined, LedgerEntry)
    after = (*ledger, declined)
    other = request_capture(after, amount=eur(700), key="take-2", at=hour(3))
    assert isinstance(other, LedgerEntry)
    for now in ((*after, other), (*after, other, _taken((*after, other), "take-2"))):
        late = record_captured(now, key="take-1", at=hour(4))
        assert code(late) == "capture_exceeds_authorisation"


def _taken(ledger: Ledger, key: str) -> LedgerEntry:
    entry = record_captured(ledger, key=key, at=hour(3))
    assert isinstance(entry, LedgerEntry)
    return entry


def test_a_capture_nobody_requested_has_no_outcome() -> None:
    """Nor has the key of something else."""
    for ledger, key in ((authorised(), "else"), (authorised(), "try-1")):
        assert code(record_captured(ledger, key=key, at=START)) == "unknown_capture"
        declined = record_capture_declined(ledger, key=key, code="declined", at=START)
        assert code(declined) == "unknown_capture"


def test_a_capture_in_another_currency_never_passes() -> None:
    """Refused where nothing is held, a fault where it meets money that is."""
    asked = Money(5, "USD")
    assert code(request_capture((), amount=asked, key="k", at=START)) == (
        "capture_exceeds_authorisation"
    )
    with pytest.raises(CurrencyMismatch):
        request_capture(authorised(), amount=asked, key="k", at=START)


def test_nobody_is_given_words_or_references_nobody_wrote() -> None:
    """Left out is empty, in every entry a provider's answer leads to."""
    capture, void = capturing(authorised(), 100), voiding(authorised())
    decided: list[Decision] = [
        record_authorised(attempted(), key="try-1", at=START),
        record_declined(attempted(), key="try-1", code="declined", at=START),
        record_lapsed(authorised(), key="try-1", at=START),
        request_capture(authorised(), amount=eur(1), key="take-1", at=START),
        record_captured(capture, key="take-1", at=START),
        record_capture_declined(capture, key="take-1", code="declined", at=START),
        request_void(authorised(), attempt="try-1", key="void-1", at=START),
        record_void_declined(void, key="void-1", code="declined", at=START),
        request_refunds(captured(authorised(), 100), amount=eur(1), key="back-1", at=START),
    ]
    entries = [grown((), decision)[0] for decision in decided]
    assert {(entry.note, entry.reference) for entry in entries} == {("", "")}
    assert {entry.code for entry in entries} == {"", "declined"}
