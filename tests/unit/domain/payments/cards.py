"""A small vocabulary for cards: ledgers as the decisions themselves make them."""

from __future__ import annotations

from ordercore.domain.payments import (
    Balance,
    LedgerEntry,
    balance,
    record_authorised,
    record_captured,
    request_authorisation,
    request_capture,
    request_void,
)
from ordercore.kernel.result import Refusal
from tests.unit.domain.payments.books import START, eur

Ledger = tuple[LedgerEntry, ...]
Decision = tuple[LedgerEntry, ...] | LedgerEntry | Refusal | None


def grown(ledger: Ledger, decision: Decision) -> Ledger:
    """Return the ledger with what a decision adds, which must be something."""
    assert not isinstance(decision, Refusal), decision
    assert decision is not None
    return (*ledger, *(decision if isinstance(decision, tuple) else (decision,)))


def code(decision: Decision) -> str:
    """Return the code of a refusal."""
    assert isinstance(decision, Refusal), decision
    return decision.code


def attempted(key: str = "try-1", *, before: Ledger = (), cents: int = 1000) -> Ledger:
    """Return a ledger with one more attempt, whose outcome is not known."""
    price = eur(cents)
    return grown(
        before, request_authorisation(before, amount=price, price=price, key=key, at=START)
    )


def authorised(
    key: str = "try-1", *, before: Ledger = (), cents: int = 1000, sale: bool = False
) -> Ledger:
    """Return a ledger with one more attempt, which was granted."""
    ledger = attempted(key, before=before, cents=cents)
    granted = record_authorised(ledger, key=key, at=START, reference=f"auth-{key}", sale=sale)
    return grown(ledger, granted)


def capturing(before: Ledger, cents: int, key: str = "take-1") -> Ledger:
    """Return the ledger with a capture requested."""
    return grown(before, request_capture(before, amount=eur(cents), key=key, at=START))


def captured(before: Ledger, cents: int, key: str = "take-1") -> Ledger:
    """Return the ledger with a capture that has arrived."""
    ledger = capturing(before, cents, key)
    return grown(ledger, record_captured(ledger, key=key, at=START, reference=f"cap-{key}"))


def voiding(before: Ledger, attempt: str = "try-1", key: str = "void-1") -> Ledger:
    """Return the ledger with a void requested."""
    return grown(before, request_void(before, attempt=attempt, key=key, at=START))


def sums(ledger: Ledger) -> Balance:
    """Return the balance in euro."""
    return balance(ledger, currency="EUR")
