"""May held money be let go, and what came of it.

Only what is authorised and not captured can be let go; captured money is refunded. An attempt whose
outcome is unknown may be let go as well: the provider then authorises nothing under its key later.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.payments.attempts import AttemptState, known_attempt
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.result import Refusal

__all__ = ["record_void_declined", "record_voided", "request_void"]


def request_void(
    entries: tuple[LedgerEntry, ...], *, attempt: str, key: str, at: datetime, note: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry after which nothing more is captured of an attempt.

    Args:
        entries: The ledger so far.
        attempt: Key of the attempt to let go.
        key: Idempotency key of the void.
        at: When it is requested.
        note: Why, for a person.

    Returns:
        The entry; None when this very void was requested before; a refusal ``unknown_attempt``,
        ``capture_open`` while the outcome of a capture is unknown, ``nothing_to_void``, or
        ``key_reused`` when the key stands for something else.
    """
    same = next((entry for entry in entries if entry.key == key), None)
    if same is not None:
        if same.kind is EntryKind.VOID_REQUESTED and same.source == attempt:
            return None
        return Refusal(
            code="key_reused", reason=f"{key!r} stands for {same.kind} of {same.amount} already"
        )
    found = known_attempt(entries, attempt)
    if isinstance(found, Refusal):
        return found
    if found.captures:
        return Refusal(
            code="capture_open",
            reason=f"the outcome of capture {found.captures[0].key!r} is not known yet",
        )
    left = found.requested if found.state is AttemptState.OPEN else found.held
    if left.is_zero or found.voids:
        return Refusal(
            code="nothing_to_void",
            reason=f"of attempt {attempt!r} nothing is held that is not let go already",
        )
    return LedgerEntry(
        kind=EntryKind.VOID_REQUESTED, amount=left, key=key, at=at, source=attempt, note=note
    )


def record_voided(
    entries: tuple[LedgerEntry, ...], *, key: str, at: datetime
) -> LedgerEntry | Refusal | None:
    """Return the entry that says held money was let go, with what really was held.

    Returns:
        The entry; None when it is recorded already; a refusal ``unknown_void``.
    """
    requested = _open(entries, key)
    if not isinstance(requested, LedgerEntry):
        return requested
    found = known_attempt(entries, requested.source)
    if isinstance(found, Refusal):
        return found
    amount = found.held if found.authorised.is_positive else requested.amount
    return LedgerEntry(
        kind=EntryKind.VOIDED, amount=amount, key=key, at=at, source=requested.source
    )


def record_void_declined(
    entries: tuple[LedgerEntry, ...], *, key: str, code: str, at: datetime, note: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry of a void the provider refused; the money is held as before.

    Returns:
        The entry; None when the void has come to an end already; a refusal ``unknown_void``.
    """
    requested = _open(entries, key)
    if not isinstance(requested, LedgerEntry):
        return requested
    return LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=requested.amount,
        key=key,
        at=at,
        source=requested.source,
        note=note,
        code=code,
    )


def _open(entries: tuple[LedgerEntry, ...], key: str) -> LedgerEntry | Refusal | None:
    """Return the request of a void without an outcome; None when it has one."""
    same = [entry for entry in entries if entry.key == key]
    if any(entry.kind in (EntryKind.VOIDED, EntryKind.DECLINED) for entry in same):
        return None
    requested = next((entry for entry in same if entry.kind is EntryKind.VOID_REQUESTED), None)
    if requested is None:
        return Refusal(code="unknown_void", reason=f"no void was requested under {key!r}")
    return requested
