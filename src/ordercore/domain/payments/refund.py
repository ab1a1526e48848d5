"""May money go back, and how much: the refund guard.

Never more than was paid, never twice under one key. A refund that was asked for before under the
same key is not an error; it is simply there already.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.holdings import holdings
from ordercore.domain.payments.ledger import balance
from ordercore.kernel.allocate import allocate
from ordercore.kernel.ids import ItemId, derive_key
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = [
    "item_shares",
    "record_refund_returned",
    "request_refund",
    "request_refunds",
    "settle_refund",
]


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
    refused = _exceeds(entries, amount)
    if refused is not None:
        return refused
    held = holdings(entries)
    return LedgerEntry(
        kind=EntryKind.REFUND_REQUESTED,
        amount=amount,
        key=key,
        at=at,
        items=items,
        source=_paying(held, amount) or next(iter(held), ""),
        note=note,
    )


def request_refunds(
    entries: tuple[LedgerEntry, ...],
    *,
    amount: Money,
    key: str,
    at: datetime,
    items: tuple[ItemId, ...] = (),
    note: str = "",
) -> tuple[LedgerEntry, ...] | Refusal | None:
    """Return the entries that reserve a refund, split where no single payment holds it.

    One payment that holds all of it, the newest, is refunded under ``key``. Otherwise it flows from
    the newest to the oldest, each part under a key derived from ``key`` and the payment.

    Returns:
        The entries, which add up to ``amount``; None and refusals as for `request_refund`.
    """
    held = holdings(entries)
    keys = {key, *(derive_key(key, name) for name in held)}
    if amount.is_zero or any(_is_request(entry, known) for known in keys for entry in entries):
        return None
    refused = _exceeds(entries, amount)
    if refused is not None:
        return refused
    single = _paying(held, amount)
    parts = {single: amount} if single is not None else _flowing(held, amount)
    return tuple(
        LedgerEntry(
            kind=EntryKind.REFUND_REQUESTED,
            amount=part,
            key=key if single is not None else derive_key(key, name),
            at=at,
            items=items,
            source=name,
            note=note,
        )
        for name, part in parts.items()
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


def record_refund_returned(
    entries: tuple[LedgerEntry, ...], *, key: str, amount: Money, at: datetime
) -> LedgerEntry | Refusal | None:
    """Return the entry of a refund that had arrived and came back: an account may be closed.

    Returns:
        The entry; None when it is recorded already; a refusal ``unknown_refund`` when none has
        arrived under ``key``, or ``refund_differs`` when it was another amount.
    """
    same = {entry.kind: entry for entry in entries if entry.key == key}
    settled = same.get(EntryKind.REFUNDED)
    if settled is None:
        return Refusal(code="unknown_refund", reason=f"no refund has arrived under {key!r}")
    if settled.amount != amount:
        return Refusal(
            code="refund_differs", reason=f"refund {key!r} was {settled.amount}, not {amount}"
        )
    if EntryKind.REFUND_RETURNED in same:
        return None
    return LedgerEntry(
        kind=EntryKind.REFUND_RETURNED,
        amount=amount,
        key=key,
        at=at,
        items=settled.items,
        source=settled.source,
    )


def item_shares(paid: Money, prices: tuple[Money, ...]) -> tuple[Money, ...]:
    """Split what was really paid over the items by price, to the last unit.

    Within the tolerance the amount paid may differ from the price; refunding the shares of all
    items returns exactly what was paid.
    """
    return allocate(paid, [price.amount_minor for price in prices])


def _flowing(held: dict[str, Money], amount: Money) -> dict[str, Money]:
    """Take ``amount`` out of the payments in turn; they hold it together."""
    parts: dict[str, Money] = {}
    for name, left in held.items():
        if amount.is_positive and left.is_positive:
            parts[name] = min(left, amount)
            amount -= parts[name]
    return parts


def _paying(held: dict[str, Money], amount: Money) -> str | None:
    """Return the newest payment that still holds ``amount``; None if none does."""
    return next((name for name, left in held.items() if left >= amount), None)


def _exceeds(entries: tuple[LedgerEntry, ...], amount: Money) -> Refusal | None:
    refundable = balance(entries, currency=amount.currency).refundable
    if amount.is_negative or amount > refundable:
        return Refusal(
            code="refund_exceeds_payment",
            reason=f"{amount} was asked back, but only {refundable} can be refunded",
        )
    return None


def _is_request(entry: LedgerEntry, key: str) -> bool:
    return entry.kind is EntryKind.REFUND_REQUESTED and entry.key == key
