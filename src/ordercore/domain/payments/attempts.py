"""What became of each attempt to have money held: one fold over the entries about it.

An attempt is open until somebody knows its outcome. What is reported late is believed: money that a
provider holds is held, whatever we had concluded before. Of what is authorised, every unit is
captured, released (voided or lapsed) or still there, so captured + released never exceeds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["Attempt", "AttemptState", "attempts", "granted", "known_attempt"]


class AttemptState(StrEnum):
    """Where an authorisation stands; a part may have been captured before it came to an end."""

    OPEN = "open"  # asked for; the outcome is not known
    AUTHORISED = "authorised"
    DECLINED = "declined"
    LAPSED = "lapsed"
    VOIDED = "voided"


@frozen(kw_only=True)
class Attempt:
    """One attempt, and what was captured and let go of it.

    Attributes:
        key: Its idempotency key.
        requested: What was asked for.
        authorised: What the provider granted; zero until it did.
        captured: What has been taken of that.
        released: What was voided or has lapsed of that.
        captures: Captures whose outcome is not known.
        voids: Voids whose outcome is not known.
        reference: The provider's own reference.
        until: When what is held of it is held no longer; None where nobody knows.
    """

    key: str
    requested: Money
    authorised: Money
    captured: Money
    released: Money
    state: AttemptState = AttemptState.OPEN
    captures: tuple[LedgerEntry, ...] = ()
    voids: tuple[LedgerEntry, ...] = ()
    reference: str = ""
    until: datetime | None = None

    @property
    def held(self) -> Money:
        """Return authorised - captured - released: what the provider still holds for us."""
        return self.authorised - self.captured - self.released

    @property
    def capturable(self) -> Money:
        """Return what may be captured: held, and neither being captured nor being let go."""
        if self.voids:
            return Money.zero(self.requested.currency)
        asked = (capture.amount for capture in self.captures)
        return self.held - Money.total(asked, currency=self.requested.currency)


def attempts(entries: Iterable[LedgerEntry]) -> tuple[Attempt, ...]:
    """Return every attempt in the order in which they were made."""
    found: dict[str, Attempt] = {}
    for entry in entries:
        if entry.kind is EntryKind.AUTHORISATION_REQUESTED:
            nothing = Money.zero(entry.amount.currency)
            found[entry.key] = Attempt(
                key=entry.key,
                requested=entry.amount,
                authorised=nothing,
                captured=nothing,
                released=nothing,
            )
        elif entry.kind in _ABOUT:
            # Captures and voids name their attempt; what is about the attempt itself has its key.
            key = entry.source or entry.key
            if key in found:
                found[key] = _after(found[key], entry)
    return tuple(found.values())


def granted(entries: tuple[LedgerEntry, ...]) -> tuple[Attempt, ...]:
    """Return the attempts that were authorised, in the order in which that became known."""
    found = {attempt.key: attempt for attempt in attempts(entries)}
    keys = (entry.key for entry in entries if entry.kind is EntryKind.AUTHORISED)
    return tuple(found[key] for key in keys if key in found)


def known_attempt(entries: Iterable[LedgerEntry], key: str) -> Attempt | Refusal:
    """Return the attempt under ``key``; the refusal ``unknown_attempt`` when there is none."""
    attempt = next((found for found in attempts(entries) if found.key == key), None)
    if attempt is None:
        return Refusal(code="unknown_attempt", reason=f"no payment was attempted under {key!r}")
    return attempt


_ABOUT = frozenset(
    {
        EntryKind.AUTHORISED,
        EntryKind.DECLINED,
        EntryKind.LAPSED,
        EntryKind.CAPTURE_REQUESTED,
        EntryKind.CAPTURED,
        EntryKind.VOID_REQUESTED,
        EntryKind.VOIDED,
    }
)


def _after(attempt: Attempt, entry: LedgerEntry) -> Attempt:
    rest = evolve(
        attempt,
        captures=_without(attempt.captures, entry.key),
        voids=_without(attempt.voids, entry.key),
    )
    match entry.kind:
        case EntryKind.AUTHORISED:
            return evolve(
                attempt,
                state=AttemptState.AUTHORISED,
                authorised=attempt.authorised + entry.amount,
                reference=entry.reference,
                until=entry.until,
            )
        case EntryKind.DECLINED if entry.key == attempt.key:
            return evolve(attempt, state=AttemptState.DECLINED)
        case EntryKind.LAPSED:
            return _ended(attempt, entry.amount, AttemptState.LAPSED)
        case EntryKind.CAPTURE_REQUESTED:
            return evolve(attempt, captures=(*attempt.captures, entry))
        case EntryKind.CAPTURED:
            captured = attempt.captured + entry.amount
            # What turns out to have been taken was not let go, whatever we had concluded.
            room = max(attempt.authorised - captured, Money.zero(entry.amount.currency))
            released = min(attempt.released, room)
            return evolve(rest, captured=captured, released=released)
        case EntryKind.VOID_REQUESTED:
            return evolve(attempt, voids=(*attempt.voids, entry))
        case EntryKind.VOIDED:
            return _ended(rest, entry.amount, AttemptState.VOIDED)
    return rest


def _ended(attempt: Attempt, amount: Money, state: AttemptState) -> Attempt:
    """End an attempt; before anything was granted there is nothing to release."""
    if attempt.authorised.is_zero:
        return evolve(attempt, state=state)
    return evolve(attempt, state=state, released=attempt.released + amount)


def _without(requests: tuple[LedgerEntry, ...], key: str) -> tuple[LedgerEntry, ...]:
    return tuple(request for request in requests if request.key != key)
