"""One refund over several payments: split to the last unit, never twice, never too much."""

from __future__ import annotations

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    holdings,
    request_refund,
    request_refunds,
    reverse_payment,
    settle_refund,
)
from ordercore.kernel.ids import ItemId, derive_key
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, asked_back, eur, hour, paid, reversed_
from tests.unit.domain.payments.cards import Decision, Ledger, authorised, captured, grown, sums


def twice_captured() -> Ledger:
    """Return a ledger with captures of 4.00 and 6.00 EUR, in this order."""
    return captured(captured(authorised(), 400), 600, "take-2")


def back(ledger: Ledger, cents: int, key: str = "back-1") -> Decision:
    """Ask for money back."""
    return request_refunds(ledger, amount=eur(cents), key=key, at=hour(1), note="returned")


def parts(decision: Decision) -> list[tuple[str, int]]:
    """Return payment and cents of each part."""
    assert isinstance(decision, tuple), decision
    return [(entry.source, entry.amount.amount_minor) for entry in decision]


def test_the_newest_payment_that_holds_it_all_is_refunded_alone() -> None:
    """Under the key itself, as a refund that was never to be split."""
    ledger = twice_captured()
    assert parts(back(ledger, 600)) == [("cap-take-2", 600)]
    assert parts(back(ledger, 1)) == [("cap-take-2", 1)]
    ledger = grown(ledger, back(ledger, 300))
    assert parts(back(ledger, 400, "back-2")) == [("cap-take-1", 400)]
    assert ledger[-1].key == "back-1"


def test_a_refund_that_no_single_payment_holds_flows_over_to_the_next() -> None:
    """From the newest to the oldest; parts of a free amount are not made."""
    ledger = twice_captured()
    split = back(ledger, 700)
    assert parts(split) == [("cap-take-2", 600), ("cap-take-1", 100)]
    ledger = grown(ledger, split)
    assert sums(ledger).refundable == eur(300)
    assert parts(back(ledger, 300, "back-2")) == [("cap-take-1", 300)]


def test_a_refund_flows_past_what_is_empty_and_stops_when_it_is_whole() -> None:
    """No part of nothing is made: not of a payment that was given back, not of one not needed."""
    ledger = (paid(100, "oldest"), paid(300, "old"), paid(200, "empty"), paid(250, "new"))
    ledger = (*ledger, asked_back(200, "back-0", source="empty"))
    assert parts(back(ledger, 500)) == [("new", 250), ("old", 250)]


def test_every_part_has_a_key_of_its_own_and_says_what_it_is_for() -> None:
    """Derived, so that a second calculation finds the same ones."""
    items = (ItemId("1"), ItemId("2"))
    split = request_refunds(
        twice_captured(), amount=eur(1000), key="back-1", at=hour(1), items=items, note="why"
    )
    assert isinstance(split, tuple)
    assert [part.key for part in split] == [
        derive_key("back-1", "cap-take-2"),
        derive_key("back-1", "cap-take-1"),
    ]
    assert {(part.items, part.note, part.at) for part in split} == {(items, "why", hour(1))}


def test_the_same_refund_is_asked_for_once() -> None:
    """Whole or split, and also when more money came in since."""
    for cents in (600, 700):
        ledger = grown(twice_captured(), back(twice_captured(), cents))
        assert back(ledger, cents) is None
        more = (*ledger, paid(5000, "cash"))
        assert back(more, cents) is None
        assert isinstance(back(more, cents, "other"), tuple)


def test_more_than_came_in_is_refused_with_both_amounts() -> None:
    """What was asked back before counts."""
    ledger = grown(twice_captured(), back(twice_captured(), 700))
    assert back(ledger, 301, "back-2") == Refusal(
        code="refund_exceeds_payment",
        reason="3.01 EUR was asked back, but only 3.00 EUR can be refunded",
    )
    assert isinstance(back(ledger, -1, "back-2"), Refusal)
    assert isinstance(back(authorised(), 1), Refusal)


def test_nothing_asked_back_is_no_entry() -> None:
    """Whether or not anything came in."""
    assert back(twice_captured(), 0) is None
    assert back((), 0) is None


def test_money_that_came_in_two_ways_goes_back_in_two_ways() -> None:
    """Cash confirmed and a card captured are payments alike."""
    ledger = (paid(500, "cash"), *captured(authorised(), 400))
    assert parts(back(ledger, 900)) == [("cap-take-1", 400), ("cash", 500)]


def test_a_capture_without_a_reference_goes_by_its_key() -> None:
    """A provider that gives none finds it under ours."""
    ledger = tuple(e for e in captured(authorised(), 400) if e.kind is not EntryKind.CAPTURED)
    ledger = (
        *ledger,
        LedgerEntry(kind=EntryKind.CAPTURED, amount=eur(400), key="take-1", at=START),
    )
    assert list(holdings(ledger)) == ["take-1"]


def test_each_part_arrives_on_its_own() -> None:
    """One account may be slower than another."""
    split = back(twice_captured(), 700)
    ledger = grown(twice_captured(), split)
    assert isinstance(split, tuple)
    first = settle_refund(ledger, key=split[0].key, at=hour(2))
    assert first is not None
    assert (first.amount, first.source) == (eur(600), "cap-take-2")
    assert sums((*ledger, first)).outstanding == eur(100)


def test_an_item_may_be_refunded_by_a_single_entry_as_before() -> None:
    """Out of a capture that holds it."""
    entry = request_refund(twice_captured(), amount=eur(500), key="back-1", at=hour(1))
    assert isinstance(entry, LedgerEntry)
    assert (entry.source, entry.key) == ("cap-take-2", "back-1")


def test_what_is_held_is_told_by_payment_the_newest_first() -> None:
    """Reversals and refunds are taken off the payment they name; others count nowhere."""
    ledger = (
        paid(1000, "old"),
        paid(500, "new"),
        reversed_(100, "old"),
        asked_back(50, source="new"),
        asked_back(7, "back-2", source=""),
    )
    assert list(holdings(ledger).items()) == [("new", eur(450)), ("old", eur(900))]
    again = (*ledger, paid(100, "old"))
    assert list(holdings(again).items()) == [("old", eur(1000)), ("new", eur(450))]


def test_what_was_written_off_never_came_in() -> None:
    """It bears the payment's reference, and moves no money."""
    written = LedgerEntry(kind=EntryKind.WRITTEN_OFF, amount=eur(1), key="pay-1", at=START)
    assert holdings((paid(999), written)) == {"pay-1": eur(999)}


def test_an_operator_takes_back_what_people_confirmed_and_no_capture() -> None:
    """A capture is on the provider's word; no slip of a person to put right."""
    ledger = (*captured(authorised(), 400), paid(500, "cash"))
    reversal = reverse_payment(ledger, currency="EUR", at=hour(1), why="wrong order")
    assert isinstance(reversal, LedgerEntry)
    assert (reversal.key, reversal.amount) == ("cash", eur(500))
    only_card = reverse_payment(captured(authorised(), 400), currency="EUR", at=START, why="")
    assert isinstance(only_card, Refusal)
