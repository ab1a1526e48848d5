"""May money go back, how much, and out of which payment."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    item_shares,
    request_refund,
    settle_refund,
)
from ordercore.kernel.ids import ItemId
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import (
    asked_back,
    eur,
    gone_back,
    hour,
    paid,
    reversed_,
)


def source_of(*entries: LedgerEntry, cents: int) -> str:
    """Return the payment that a new refund of ``cents`` is paid out of."""
    entry = request_refund(entries, amount=eur(cents), key="new", at=hour(1))
    assert isinstance(entry, LedgerEntry)
    return entry.source


def test_a_refund_is_reserved_with_everything_that_was_said_about_it() -> None:
    """Key, instant, items and note are kept, and the payment it comes out of is named."""
    items = (ItemId("1"), ItemId("2"))

    entry = request_refund(
        (paid(1000),), amount=eur(400), key="back-1", at=hour(2), items=items, note="withdrawn"
    )

    assert entry == LedgerEntry(
        kind=EntryKind.REFUND_REQUESTED,
        amount=eur(400),
        key="back-1",
        at=hour(2),
        items=items,
        source="pay-1",
        note="withdrawn",
    )


def test_a_refund_without_a_word_has_an_empty_note() -> None:
    """Nothing is made up for whoever reads the ledger."""
    entry = request_refund((paid(1000),), amount=eur(400), key="back-1", at=hour(2))

    assert isinstance(entry, LedgerEntry)
    assert entry.note == ""


def test_everything_that_is_left_may_go_back_and_not_one_cent_more() -> None:
    """The limit is what came in less what was asked back before."""
    entries = (paid(1000), asked_back(400))

    whole = request_refund(entries, amount=eur(600), key="rest", at=hour(1))
    beyond = request_refund(entries, amount=eur(601), key="rest", at=hour(1))

    assert isinstance(whole, LedgerEntry)
    assert beyond == Refusal(
        code="refund_exceeds_payment",
        reason="6.01 EUR was asked back, but only 6.00 EUR can be refunded",
    )


def test_a_negative_refund_is_refused_like_one_that_is_too_high() -> None:
    """It would be a charge in disguise."""
    refused = request_refund((paid(1000),), amount=eur(-1), key="back-1", at=hour(1))

    assert isinstance(refused, Refusal)
    assert refused.code == "refund_exceeds_payment"


def test_a_refund_of_nothing_is_no_entry() -> None:
    """Nothing goes back, so nothing is reserved."""
    assert request_refund((paid(1000),), amount=eur(0), key="back-1", at=hour(1)) is None


def test_the_same_refund_asked_for_again_is_there_already() -> None:
    """Also when by now it would be more than is left."""
    entries = (paid(1000), asked_back(1000))

    assert request_refund(entries, amount=eur(1000), key="back-1", at=hour(1)) is None


def test_a_payment_under_the_key_of_a_refund_is_not_taken_for_the_refund() -> None:
    """References of payments and keys of refunds are two worlds."""
    entry = request_refund((paid(1000, "same"),), amount=eur(10), key="same", at=hour(1))

    assert isinstance(entry, LedgerEntry)


def test_a_refund_comes_out_of_the_newest_payment_that_still_holds_it() -> None:
    """A provider refunds against one payment; the newest is the least likely to have expired."""
    old, new = paid(1000, "old"), paid(500, "new")

    assert source_of(old, new, cents=500) == "new"
    assert source_of(old, new, cents=501) == "old"


def test_what_a_payment_gave_back_before_it_no_longer_holds() -> None:
    """Refunds out of it and its own reversal count, those of others do not."""
    old, new = paid(1000, "old"), paid(500, "new")

    assert source_of(old, new, asked_back(1, source="new"), cents=500) == "old"
    assert source_of(old, new, asked_back(1, source="old"), cents=500) == "new"
    assert source_of(old, new, reversed_(1, "new"), cents=500) == "old"
    assert source_of(old, new, reversed_(1, "old"), cents=500) == "new"
    assert source_of(old, new, asked_back(1, source="new"), cents=499) == "new"


def test_a_refund_that_no_single_payment_holds_names_the_newest() -> None:
    """Together they hold it; where to split it is for whoever pays it out."""
    assert source_of(paid(600, "old"), paid(500, "new"), cents=1100) == "new"


def test_a_refund_has_arrived_with_the_amount_items_and_source_it_was_asked_for() -> None:
    """Only the instant and the note are new."""
    items = (ItemId("1"),)
    entries = (paid(1000), asked_back(400, items=items))

    assert settle_refund(entries, key="back-1", at=hour(5), note="bank 77") == LedgerEntry(
        kind=EntryKind.REFUNDED,
        amount=eur(400),
        key="back-1",
        at=hour(5),
        items=items,
        source="pay-1",
        note="bank 77",
    )


def test_an_arrival_without_a_word_has_an_empty_note() -> None:
    """As with the request."""
    entry = settle_refund((paid(9), asked_back(9)), key="back-1", at=hour(1))

    assert entry is not None
    assert entry.note == ""


def test_a_refund_arrives_once_and_only_if_it_was_asked_for() -> None:
    """A second report and a report about another refund change nothing."""
    asked = (paid(1000), asked_back(400), asked_back(100, "back-2"))

    assert settle_refund((*asked, gone_back(400)), key="back-1", at=hour(1)) is None
    assert settle_refund(asked, key="pay-1", at=hour(1)) is None
    assert settle_refund(asked, key="unknown", at=hour(1)) is None
    assert settle_refund((*asked, gone_back(400)), key="back-2", at=hour(1)) is not None


def test_items_share_what_was_really_paid_by_their_prices() -> None:
    """The shares add up to the payment, not to the prices."""
    assert item_shares(eur(2999), (eur(1000), eur(2000))) == (eur(1000), eur(1999))


@pytest.mark.parametrize("cents", [0, 1, 2])
def test_free_items_share_nothing(cents: int) -> None:
    """Whatever was paid goes to those with a price."""
    assert item_shares(eur(cents), (eur(0), eur(5))) == (eur(0), eur(cents))
