"""May money go back, and how much: the refund guard.

Never more than was paid, never twice under one key. A refund that was asked for before under the
same key is not an error; it is simply there already.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.ledger import balance
from ordercore.kernel.allocate import allocate
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["item_shares", "request_refund", "settle_refund"]


def request_refund(
    entries: tuple[LedgerEntry, ...],
    *,
    amount: Money,
    key: str,
    at: datetime,
    items: tuple[ItemId, ...] = (),
    note: str = "",
) -> LedgerEntry | Refusal | None:
    """Return the entry that reserves a refund.

    Returns:
        The entry; None when this very refund was requested before or the amount is zero; a refusal
        ``refund_exceeds_payment`` when more would go back than came in.
    """
    if amount.is_zero or any(_is_request(entry, key) for entry in entries):
        return None
    refundable = balance(entries, currency=amount.currency).refundable
    if amount.is_negative or amount > refundable:
        return Refusal(
            code="refund_exceeds_payment",
            reason=f"{amount} was asked back, but only {refundable} can be refunded",
        )
    return LedgerEntry(
        kind=EntryKind.REFUND_REQUESTED,
        amount=amount,
        key=key,
        at=at,
        items=items,
        source=_paying(entries, amount),
        note=note,
    )


def settle_refund(
    entries: tuple[LedgerEntry, ...], *, key: str, at: datetime, note: str = ""
) -> LedgerEntry | None:
    """Return the entry that says the refund under ``key`` has arrived; None if there is none."""
    requested = next((entry for entry in entries if _is_request(entry, key)), None)
    settled = any(e.kind is EntryKind.REFUNDED and e.key == key for e in entries)
    if requested is None or settled:
        return None
    return LedgerEntry(
        kind=EntryKind.REFUNDED,
        amount=requested.amount,
        key=key,
        at=at,
        items=requested.items,
        source=requested.source,
        note=note,
    )


def item_shares(paid: Money, prices: tuple[Money, ...]) -> tuple[Money, ...]:
    """Split what was really paid over the items by price, to the last unit.

    Within the tolerance the amount paid may differ from the price; refunding the shares of all
    items returns exactly what was paid.
    """
    return allocate(paid, [price.amount_minor for price in prices])


def _paying(entries: tuple[LedgerEntry, ...], amount: Money) -> str:
    """Return the newest payment that still holds ``amount``; the newest of all if none does."""
    payments = [entry for entry in reversed(entries) if entry.kind is EntryKind.CONFIRMED]
    for payment in payments:
        spent = sum(
            entry.amount.amount_minor
            for entry in entries
            if (entry.kind is EntryKind.REVERSED and entry.key == payment.key)
            or (entry.kind is EntryKind.REFUND_REQUESTED and entry.source == payment.key)
        )
        if payment.amount.amount_minor - spent >= amount.amount_minor:
            return payment.key
    return payments[0].key if payments else ""


def _is_request(entry: LedgerEntry, key: str) -> bool:
    return entry.kind is EntryKind.REFUND_REQUESTED and entry.key == key
