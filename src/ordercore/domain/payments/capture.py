"""May held money be taken, and what came of it.

A capture may be partial and repeated; together they never exceed what was authorised. It reserves
its amount when it is requested, before the provider is called.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.payments.attempts import granted
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["record_capture_declined", "record_captured", "request_capture"]


def request_capture(
    entries: tuple[LedgerEntry, ...],
    *,
    amount: Money,
    key: str,
    at: datetime,
    items: tuple[ItemId, ...] = (),
    note: str = "",
) -> LedgerEntry | Refusal | None:
    """Return the entry that reserves a capture, out of the first authorisation that allows it.

    Returns:
        The entry, whose source is the key of the attempt; None when this very capture was requested
        before or the amount is zero; a refusal ``capture_exceeds_authorisation`` with both amounts,
        or ``key_reused`` when the key stands for something else.
    """
    if amount.is_zero:
        return None
    same = next((entry for entry in entries if entry.key == key), None)
    if same is not None:
        if same.kind is EntryKind.CAPTURE_REQUESTED and same.amount == amount:
            return None
        return Refusal(
            code="key_reused", reason=f"{key!r} stands for {same.kind} of {same.amount} already"
        )
    usable = granted(entries)
    source = next((found for found in usable if found.capturable >= amount), None)
    if amount.is_negative or source is None:
        nothing = Money.zero(amount.currency)
        most = max((found.capturable for found in usable), default=nothing)
        return Refusal(
            code="capture_exceeds_authorisation",
            reason=f"{amount} was to be captured, but only {most} can be",
        )
    return LedgerEntry(
        kind=EntryKind.CAPTURE_REQUESTED,
        amount=amount,
        key=key,
        at=at,
        items=items,
        source=source.key,
        note=note,
    )


def record_captured(
    entries: tuple[LedgerEntry, ...], *, key: str, at: datetime, reference: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry that says the money of a capture has arrived, however late it is known.

    A capture that had been declined, or given up, is believed as well while the authorisation has
    room for it: the provider took it, so it must not be forgotten.

    Args:
        entries: The ledger so far.
        key: Key of the capture.
        at: When it arrived.
        reference: The provider's own reference, under which it can be refunded.

    Returns:
        The entry; None when it is recorded already; a refusal ``unknown_capture``, or
        ``capture_exceeds_authorisation`` when other captures have used up what was granted since
        this one was declined.
    """
    requested = _requested(entries, key)
    if requested is None:
        return _unknown(key)
    if _ended(entries, key, EntryKind.CAPTURED):
        return None
    if _ended(entries, key, EntryKind.DECLINED):
        room = _room(entries, requested.source)
        if requested.amount > room:
            return Refusal(
                code="capture_exceeds_authorisation",
                reason=f"{requested.amount} was captured after all, but there was only {room}",
            )
    return LedgerEntry(
        kind=EntryKind.CAPTURED,
        amount=requested.amount,
        key=key,
        at=at,
        items=requested.items,
        source=requested.source,
        reference=reference,
    )


def record_capture_declined(
    entries: tuple[LedgerEntry, ...], *, key: str, code: str, at: datetime, note: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry of a capture the provider refused; what it had reserved is free again.

    Returns:
        The entry; None when it is recorded already; a refusal ``unknown_capture``, or
        ``capture_arrived`` when its money has come in, which a decline cannot undo.
    """
    requested = _requested(entries, key)
    if requested is None:
        return _unknown(key)
    if _ended(entries, key, EntryKind.DECLINED):
        return None
    if _ended(entries, key, EntryKind.CAPTURED):
        return Refusal(
            code="capture_arrived", reason=f"{requested.amount} of capture {key!r} has arrived"
        )
    return LedgerEntry(
        kind=EntryKind.DECLINED,
        amount=requested.amount,
        key=key,
        at=at,
        items=requested.items,
        source=requested.source,
        note=note,
        code=code,
    )


def _room(entries: tuple[LedgerEntry, ...], attempt: str) -> Money:
    """Return what was granted, less what other captures have taken or are about to take."""
    found = next(each for each in granted(entries) if each.key == attempt)
    asked = (capture.amount for capture in found.captures)
    return found.authorised - found.captured - Money.total(asked, currency=found.requested.currency)


def _requested(entries: tuple[LedgerEntry, ...], key: str) -> LedgerEntry | None:
    wanted = (EntryKind.CAPTURE_REQUESTED, key)
    return next((entry for entry in entries if (entry.kind, entry.key) == wanted), None)


def _ended(entries: tuple[LedgerEntry, ...], key: str, kind: EntryKind) -> bool:
    return any(entry.kind is kind and entry.key == key for entry in entries)


def _unknown(key: str) -> Refusal:
    return Refusal(code="unknown_capture", reason=f"no capture was requested under {key!r}")
