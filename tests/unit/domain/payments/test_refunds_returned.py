"""A refund that had arrived comes back: the account it went to may be closed."""

from __future__ import annotations

import pytest

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    holdings,
    record_refund_returned,
    request_refund,
    settle_refund,
)
from tests.unit.domain.payments.books import START, eur, paid
from tests.unit.domain.payments.cards import Decision, Ledger, code, grown, sums


def refunded(cents: int) -> Ledger:
    """Return the ledger of a payment of which a part has gone back and arrived."""
    ledger = grown(
        (paid(1000),), request_refund((paid(1000),), amount=eur(cents), key="b", at=START)
    )
    return grown(ledger, settle_refund(ledger, key="b", at=START))


def returned(ledger: Ledger, cents: int, key: str = "b") -> Decision:
    """Decide about a report that it came back."""
    return record_refund_returned(ledger, key=key, amount=eur(cents), at=START)


def test_it_is_here_again() -> None:
    """Neither asked back nor arrived any more, and nothing is on its way."""
    before = refunded(300)
    ledger = grown(before, returned(before, 300))
    assert (sums(ledger).refundable, sums(ledger).refunded) == (eur(1000), eur(0))
    assert (sums(ledger).refund_requested, sums(ledger).outstanding) == (eur(0), eur(0))
    assert holdings(ledger) == {"pay-1": eur(1000)}
    assert (ledger[-1].kind, ledger[-1].source) == (EntryKind.REFUND_RETURNED, "pay-1")


def test_told_again_it_is_no_news() -> None:
    """Also after it was paid once more under another key."""
    before = refunded(300)
    ledger = grown(before, returned(before, 300))
    assert returned(ledger, 300) is None
    ledger = grown(ledger, request_refund(ledger, amount=eur(300), key="c", at=START))
    assert returned(ledger, 300) is None
    assert sums(ledger).refundable == eur(700)


@pytest.mark.parametrize(
    ("cents", "key", "why"),
    [(299, "b", "refund_differs"), (301, "b", "refund_differs"), (300, "c", "unknown_refund")],
)
def test_it_is_all_of_a_refund_that_arrived(cents: int, key: str, why: str) -> None:
    """A part of one is a mistake, whoever made it."""
    assert code(returned(refunded(300), cents, key)) == why


def test_what_has_not_arrived_does_not_come_back() -> None:
    """It is on its way; its own answer will tell."""
    asked = grown((paid(1000),), request_refund((paid(1000),), amount=eur(300), key="b", at=START))
    assert isinstance(asked[-1], LedgerEntry)
    assert code(returned(asked, 300)) == "unknown_refund"
