"""A small vocabulary for ledgers: amounts in euro cents, instants counted in hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ordercore.domain.payments import EntryKind, LedgerEntry, Payment
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def eur(cents: int) -> Money:
    """Return an amount in euro."""
    return Money(cents, "EUR")


def hour(count: int) -> datetime:
    """Return the instant ``count`` hours after the start."""
    return START + timedelta(hours=count)


def paid(cents: int, key: str = "pay-1") -> LedgerEntry:
    """Return the entry of a payment that arrived."""
    return LedgerEntry(kind=EntryKind.CONFIRMED, amount=eur(cents), key=key, at=START)


def reversed_(cents: int, key: str = "pay-1") -> LedgerEntry:
    """Return the entry that takes a confirmation back."""
    return LedgerEntry(kind=EntryKind.REVERSED, amount=eur(cents), key=key, at=START)


def asked_back(
    cents: int, key: str = "back-1", *, source: str = "pay-1", items: tuple[ItemId, ...] = ()
) -> LedgerEntry:
    """Return the entry that reserves a refund."""
    return LedgerEntry(
        kind=EntryKind.REFUND_REQUESTED,
        amount=eur(cents),
        key=key,
        at=START,
        source=source,
        items=items,
    )


def gone_back(cents: int, key: str = "back-1") -> LedgerEntry:
    """Return the entry of a refund that has arrived."""
    return LedgerEntry(kind=EntryKind.REFUNDED, amount=eur(cents), key=key, at=START)


def arriving(cents: int, reference: str = "pay-1", *, at: datetime = START) -> Payment:
    """Return a payment as it is reported."""
    return Payment(reference=reference, amount=eur(cents), at=at)
