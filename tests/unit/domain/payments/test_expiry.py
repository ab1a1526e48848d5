"""Held money has an end; what is being captured or let go at that moment is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ordercore.codec import decode, encode
from ordercore.domain.orders import Posted
from ordercore.domain.payments import (
    PAYMENT_KINDS,
    AttemptState,
    CaptureTime,
    PaymentKind,
    held_until,
    record_authorised,
    record_capture_declined,
    record_captured,
    record_expired,
    record_void_declined,
    record_voided,
)
from tests.unit.domain.payments.books import START, eur, hour
from tests.unit.domain.payments.cards import (
    Ledger,
    attempted,
    authorised,
    captured,
    capturing,
    grown,
    sums,
    voiding,
)


def held(hours: int = 5, key: str = "try-1", *, before: Ledger = (), sale: bool = False) -> Ledger:
    """Return a ledger with one more authorisation, good for so many hours."""
    ledger = attempted(key, before=before)
    granted = record_authorised(ledger, key=key, at=START, until=hour(hours), sale=sale)
    return grown(ledger, granted)


def test_held_money_is_held_until_its_end() -> None:
    """The very instant counts as over."""
    ledger = held(5)

    assert held_until(ledger) == hour(5)
    assert record_expired(ledger, at=hour(5) - timedelta(microseconds=1)) == ()
    (lapsed,) = record_expired(ledger, at=hour(5))
    assert (lapsed.kind, lapsed.key, lapsed.amount) == ("lapsed", "try-1", eur(1000))
    assert (lapsed.at, lapsed.code, lapsed.note) == (
        hour(5),
        "authorisation_expired",
        "the provider no longer holds it",
    )


def test_what_has_expired_is_neither_held_nor_waited_for() -> None:
    """And it expires once."""
    ledger = grown(held(5), record_expired(held(5), at=hour(6)))
    (attempt,) = sums(ledger).attempts

    assert (attempt.state, attempt.held) == (AttemptState.LAPSED, eur(0))
    assert (held_until(ledger), record_expired(ledger, at=hour(9))) == (None, ())


def test_a_part_that_was_captured_stays_captured() -> None:
    """Only what is left of the authorisation lapses."""
    ledger = captured(held(5), 300)
    (lapsed,) = record_expired(ledger, at=hour(5))

    assert lapsed.amount == eur(700)
    assert sums((*ledger, lapsed)).captured == eur(300)


@pytest.mark.parametrize(
    "nothing",
    [(), attempted(), authorised(), held(5, sale=True), captured(held(5), 1000)],
    ids=["no attempt", "open attempt", "no end known", "taken at once", "all captured"],
)
def test_where_nothing_is_held_with_an_end_nothing_is_waited_for(nothing: Ledger) -> None:
    """Entries older than the end of a hold say nothing about it."""
    assert held_until(nothing) is None
    assert record_expired(nothing, at=hour(100)) == ()


def test_a_capture_under_way_is_resolved_first() -> None:
    """Edge case: what may have been captured is never taken for expired."""
    ledger = capturing(held(5), 1000)
    assert (held_until(ledger), record_expired(ledger, at=hour(9))) == (None, ())

    arrived = grown(ledger, record_captured(ledger, key="take-1", at=hour(9)))
    assert (held_until(arrived), sums(arrived).captured) == (None, eur(1000))

    declined = grown(
        ledger, record_capture_declined(ledger, key="take-1", code="declined", at=hour(9))
    )
    assert held_until(declined) == hour(5)
    assert [entry.amount for entry in record_expired(declined, at=hour(9))] == [eur(1000)]


def test_a_void_under_way_is_resolved_first() -> None:
    """Its answer says that the money is free; if it was refused, time says so."""
    ledger = voiding(held(5))
    assert (held_until(ledger), record_expired(ledger, at=hour(9))) == (None, ())

    voided = grown(ledger, record_voided(ledger, key="void-1", at=hour(9)))
    assert held_until(voided) is None

    refused = grown(ledger, record_void_declined(ledger, key="void-1", code="no", at=hour(9)))
    assert held_until(refused) == hour(5)


def test_the_next_end_is_the_earliest_of_what_is_held() -> None:
    """An attempt that was given up and granted after all ends by its own time."""
    first = held(9)
    both = held(5, "try-2", before=grown(first, record_expired(first, at=hour(9))))
    assert held_until(both) == hour(5)


def test_an_entry_without_an_end_is_read_as_it_was() -> None:
    """Compatibility: events of older releases lack the field; new ones keep it."""
    event = Posted(type="payment.authorized", postings=held(5)[-1:])
    text = encode(event)
    assert decode(Posted, text) == event

    old = text.replace(',"until":"2026-03-01T17:00:00.000000Z"', "")
    assert old != text
    (entry,) = decode(Posted, old).postings
    assert entry.until is None


@pytest.mark.parametrize("kind", PaymentKind)
def test_what_is_captured_later_is_held_for_a_time(kind: PaymentKind) -> None:
    """Exhaustive over the table: a hold has an end, and nothing else has one."""
    terms = PAYMENT_KINDS[kind]

    assert (terms.held_for is not None) == (terms.captured is CaptureTime.AT_PACKING)
    assert terms.held_for is None or terms.held_for > timedelta()
