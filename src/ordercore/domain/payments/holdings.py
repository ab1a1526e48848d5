"""What each payment still holds: money that came in under a reference and was not given back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.money import Money

__all__ = ["ARRIVED", "holdings", "payment_name"]

ARRIVED: Final = frozenset({EntryKind.CONFIRMED, EntryKind.CAPTURED})
"""The kinds of entry that bring money in."""


def payment_name(entry: LedgerEntry) -> str:
    """Return the reference under which an arrived payment is refunded."""
    return entry.reference or entry.key


def holdings(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what came in less what was reversed or asked back, by payment, the newest first.

    A refund without a payment it is taken out of counts nowhere here, only in the balance.
    """
    held: dict[str, Money] = {}
    for entry in entries:
        if entry.kind in ARRIVED:
            name = payment_name(entry)
            earlier = held.pop(name, Money.zero(entry.amount.currency))
            held[name] = earlier + entry.amount  # taken out and put back: the newest comes last
        elif entry.kind is EntryKind.REVERSED and entry.key in held:
            held[entry.key] -= entry.amount
        elif entry.kind is EntryKind.REFUND_REQUESTED and entry.source in held:
            held[entry.source] -= entry.amount
    return dict(reversed(held.items()))
