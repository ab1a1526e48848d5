"""What each payment still holds: money that came in under a reference and has not left again.

Each payment stands for itself. What a bank takes of a payment beyond what it still held is gone
twice; it is not made up for by another payment of the same order, which may well be what pays it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.money import Money

__all__ = ["ARRIVED", "arrived", "holdings", "missing", "payment_name", "taken_by_bank"]

ARRIVED: Final = frozenset({EntryKind.CONFIRMED, EntryKind.CAPTURED})
"""The kinds of entry that bring money in."""


def payment_name(entry: LedgerEntry) -> str:
    """Return the reference under which an arrived payment is refunded."""
    return entry.reference or entry.key


def holdings(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what came in and has not been reversed, asked or taken back, the newest first.

    A refund without a payment it is taken out of counts nowhere here, only in the balance.
    """
    entries = tuple(entries)
    held = _before_the_bank(entries)
    for name, taken in missing(entries).items():
        held[name] -= taken
    return dict(reversed(held.items()))


def missing(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what a bank took of what was still there, by payment; the rest of it is gone twice."""
    entries = tuple(entries)
    held = _before_the_bank(entries)
    return {
        name: min(taken, held[name])
        for name, taken in taken_by_bank(entries).items()
        if name in held and held[name].is_positive
    }


def arrived(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what came in less what an operator reversed, by payment."""
    return _before_the_bank(e for e in entries if e.kind in _IN_OR_REVERSED)


def taken_by_bank(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what a bank has taken back and not given back since, by payment."""
    taken: dict[str, Money] = {}
    for entry in entries:
        if entry.kind is EntryKind.CHARGED_BACK:
            nothing = Money.zero(entry.amount.currency)
            taken[entry.source] = taken.get(entry.source, nothing) + entry.amount
        elif entry.kind is EntryKind.WON_BACK and entry.source in taken:
            taken[entry.source] -= entry.amount
    return taken


_IN_OR_REVERSED = ARRIVED | {EntryKind.REVERSED}


def _before_the_bank(entries: Iterable[LedgerEntry]) -> dict[str, Money]:
    """Return what is left of each payment by our own doing, the oldest first."""
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
        elif entry.kind is EntryKind.REFUND_RETURNED and entry.source in held:
            held[entry.source] += entry.amount
    return held
