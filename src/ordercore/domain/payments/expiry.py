"""Held money has an end: when the next of it is reached, and what of it has been.

A provider holds money for a time and then lets go by itself. What is being captured or let go at
that moment is left alone, since its own answer says what became of it; once that is known and money
is still held, its end counts again, also where it lies in the past by then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ordercore.domain.payments.attempts import Attempt, AttemptState, attempts
from ordercore.domain.payments.authorise import record_lapsed
from ordercore.domain.payments.entries import LedgerEntry
from ordercore.domain.payments.failures import PaymentFailure

__all__ = ["held_until", "record_expired"]


def held_until(entries: Iterable[LedgerEntry]) -> datetime | None:
    """Return when the next held money is let go by time; None while that is told otherwise.

    Otherwise is: nothing is held, nobody knows for how long, or the answer to a capture or a void
    will say what is left.
    """
    ends = (found.until for found in attempts(entries) if _waits_for_its_end(found))
    return min((end for end in ends if end is not None), default=None)


def record_expired(entries: tuple[LedgerEntry, ...], *, at: datetime) -> tuple[LedgerEntry, ...]:
    """Return the entries of all authorisations whose time is over at ``at``, that very instant too.

    What was captured of one stays captured; the rest lapses.
    """
    over = (
        found.key
        for found in attempts(entries)
        if _waits_for_its_end(found) and found.until is not None and found.until <= at
    )
    lapsed = (
        record_lapsed(
            entries,
            key=key,
            at=at,
            note="the provider no longer holds it",
            code=PaymentFailure.AUTHORISATION_EXPIRED,
        )
        for key in over
    )
    return tuple(entry for entry in lapsed if isinstance(entry, LedgerEntry))


def _waits_for_its_end(attempt: Attempt) -> bool:
    told_otherwise = attempt.captures or attempt.voids
    return (
        attempt.state is AttemptState.AUTHORISED and attempt.held.is_positive and not told_otherwise
    )
