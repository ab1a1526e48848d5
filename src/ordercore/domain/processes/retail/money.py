"""Money of a retail order: attempts, captures, what is let go and what goes back (R3).

Every request is in the ledger before the call is made. Money that comes in for an order that no
longer wants it goes straight back. While money is held a timer runs until its end.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.orders import Posted
from ordercore.domain.payments import (
    PAYMENT_KINDS,
    CaptureTime,
    LedgerEntry,
    PaymentFailure,
    PaymentTerms,
    attempts,
    held_until,
    holdings,
    record_authorised,
    record_capture_declined,
    record_captured,
    record_declined,
    record_expired,
    record_lapsed,
    record_void_declined,
    record_voided,
    request_authorisation,
    request_capture,
    request_refund,
    request_void,
)
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.turn import Turn, timer_subject
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import parse_instant

__all__ = [
    "HOLD_ENDS",
    "attempt",
    "authorised",
    "capture_declined",
    "captured",
    "declined",
    "expire",
    "give_up",
    "held_for_nothing",
    "newest_payment_left",
    "not_released",
    "release",
    "released",
    "terms_of",
    "want_capture",
    "want_refund",
]


HOLD_ENDS = "hold-ends"
"""In place of a trigger: the timer that runs until held money is held no longer."""


def terms_of(turn: Turn[RetailRules]) -> PaymentTerms:
    """Return what the order's way to pay means."""
    sale = turn.order.sale
    assert sale is not None, "an order of goods has a selling side"
    return PAYMENT_KINDS[sale.payment]


def attempt(turn: Turn[RetailRules], key: str) -> Refusal | None:
    """Record that the price is about to be asked for, unless an earlier attempt is open."""
    total = turn.order.total
    entry = request_authorisation(turn.order.ledger, amount=total, price=total, key=key, at=turn.at)
    if isinstance(entry, Refusal):
        return entry
    _post(turn, "payment.requested", entry)
    return None


def authorised(
    turn: Turn[RetailRules], key: str, reference: str, *, until: str | None = None
) -> bool:
    """Record that the provider holds the money, or has taken it where the kind says so.

    Args:
        turn: The order under change.
        key: Key of the attempt.
        reference: The provider's own reference.
        until: Until when it holds the money, as an instant in text; where it does not say so, or
            not in a way that can be read, the terms of the kind count.

    Returns:
        Whether that is news.
    """
    entries = record_authorised(
        turn.order.ledger,
        key=key,
        at=turn.at,
        reference=reference,
        sale=terms_of(turn).sale,
        until=_end_of_hold(turn, key, until),
    )
    if isinstance(entries, Refusal):
        must(entries)
    elif entries is not None:
        _record(turn, Posted(type="payment.authorized", postings=entries), leads=True)
        return True
    return False


def declined(turn: Turn[RetailRules], key: str, *, code: str, reason: str) -> None:
    """Record that the provider said no."""
    _post(
        turn,
        "payment.declined",
        record_declined(turn.order.ledger, key=key, code=code, at=turn.at, note=reason),
    )


def give_up(turn: Turn[RetailRules], key: str, reason: str) -> None:
    """Record that an attempt has come to nothing, or that an authorisation is no longer good."""
    entry = record_lapsed(turn.order.ledger, key=key, at=turn.at, note=reason)
    if isinstance(entry, LedgerEntry):  # a capture that is still open will tell what became of it
        _post(turn, "payment.lapsed", entry)


def expire(turn: Turn[RetailRules]) -> bool:
    """Record that held money is held no longer, where its time is over; return whether any was."""
    entries = record_expired(turn.order.ledger, at=turn.at)
    if entries:
        _record(turn, Posted(type="payment.lapsed", postings=entries, reason=entries[0].note))
    return bool(entries)


def want_capture(turn: Turn[RetailRules], key: str) -> None:
    """Request that what the order costs now be taken, where that is done at packing."""
    if terms_of(turn).captured is not CaptureTime.AT_PACKING:
        return
    order = turn.order
    amount = order.total - order.balance.captured
    if amount.is_positive:
        entry = request_capture(order.ledger, amount=amount, key=key, at=turn.at)
        _post(turn, "payment.capture-requested", entry)


def captured(turn: Turn[RetailRules], key: str, reference: str) -> None:
    """Record that the money of a capture has arrived; nothing where none was asked for."""
    if not any(entry.key == key for entry in turn.order.ledger):
        return
    entry = record_captured(turn.order.ledger, key=key, at=turn.at, reference=reference)
    _post(turn, "payment.captured", entry)


def capture_declined(turn: Turn[RetailRules], key: str, *, code: str, reason: str) -> None:
    """Record that a capture will not come; nothing where none is open."""
    if not any(capture.key == key for a in turn.order.balance.attempts for capture in a.captures):
        return
    entry = record_capture_declined(turn.order.ledger, key=key, code=code, at=turn.at, note=reason)
    _post(turn, "payment.capture-declined", entry)
    if isinstance(entry, LedgerEntry) and code == PaymentFailure.AUTHORISATION_EXPIRED:
        # The provider knows best, also where it was to hold the money for longer.
        lapsed = record_lapsed(
            turn.order.ledger, key=entry.source, at=turn.at, note=reason, code=code
        )
        _post(turn, "payment.lapsed", lapsed)


def held_for_nothing(turn: Turn[RetailRules]) -> str | None:
    """Return the key of an attempt of which more is held than is needed; None when none is."""
    found = (a.key for a in attempts(turn.order.ledger) if a.capturable.is_positive)
    return next(found, None)


def release(turn: Turn[RetailRules], *, attempt_key: str, key: str, reason: str) -> None:
    """Request that what is still held under an attempt be let go."""
    entry = request_void(turn.order.ledger, attempt=attempt_key, key=key, at=turn.at, note=reason)
    if isinstance(entry, LedgerEntry):  # otherwise nothing is held, or a capture will tell
        _post(turn, "payment.void-requested", entry)


def released(turn: Turn[RetailRules], key: str) -> bool:
    """Record that it was let go; False when that was never asked for."""
    entry = record_voided(turn.order.ledger, key=key, at=turn.at)
    if isinstance(entry, Refusal):
        return False
    if entry is not None:
        _post(turn, "payment.voided", entry)
    return True


def not_released(turn: Turn[RetailRules], key: str, *, reason: str) -> None:
    """Record that there was nothing to let go any more; nothing where that was not asked for."""
    entry = record_void_declined(
        turn.order.ledger, key=key, code="already_captured", at=turn.at, note=reason
    )
    if isinstance(entry, LedgerEntry):
        _post(turn, "payment.void-declined", entry)


def want_refund(turn: Turn[RetailRules], *, amount: Money, key: str, reason: str) -> None:
    """Reserve a refund."""
    entry = request_refund(turn.order.ledger, amount=amount, key=key, at=turn.at, note=reason)
    _post(turn, "billing.refund-requested", entry)


def newest_payment_left(turn: Turn[RetailRules]) -> Money | None:
    """Return what is left of the newest payment of which anything is; None when nothing is."""
    left = (rest for rest in holdings(turn.order.ledger).values() if rest.is_positive)
    return next(left, None)


def _post(turn: Turn[RetailRules], named: str, entry: LedgerEntry | Refusal | None) -> None:
    if isinstance(entry, Refusal):
        must(entry)
    elif entry is not None:
        _record(turn, Posted(type=named, postings=(entry,), reason=entry.note))


def _record(turn: Turn[RetailRules], event: Posted, *, leads: bool = False) -> None:
    before = held_until(turn.order.ledger)
    turn.record(event, leads=leads)
    end = held_until(turn.order.ledger)
    if end != before:
        turn.schedule(WorkKind.TIMER, timer_subject(turn.order.id, HOLD_ENDS), end)


def _end_of_hold(turn: Turn[RetailRules], key: str, told: str | None) -> datetime | None:
    """Return when an authorisation ends: as the provider says, else by the terms of the kind."""
    if told is not None:
        try:
            return parse_instant(told)
        except InvalidInput:
            pass
    held_for = terms_of(turn).held_for
    asked = (entry.at for entry in turn.order.ledger if entry.key == key)
    # Nothing was held before it was asked for: counted from there the end is never too late.
    return None if held_for is None else next(asked, turn.at) + held_for
