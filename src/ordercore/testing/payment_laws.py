"""Laws of money that a provider holds, takes and gives back: its books say what the ledger says.

As with the other laws each returns the violations it finds, in words. They take the entries of one
order's ledger and what the provider's own books say about that order, by our idempotency keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ordercore.domain.payments import EntryKind, LedgerEntry, attempts
from ordercore.kernel.money import Money

__all__ = [
    "captures_match_provider",
    "captures_never_overdrawn",
    "charged_once",
    "held_matches_provider",
    "money_adds_up",
]

_Ledger = tuple[LedgerEntry, ...]


def captures_never_overdrawn(entries: _Ledger) -> list[str]:
    """No more is captured and released than was granted, and no key counts twice."""
    found = [
        f"{attempt.captured} captured and {attempt.released} released of {attempt.authorised}"
        for attempt in attempts(entries)
        if attempt.captured + attempt.released > attempt.authorised
    ]
    for kind in (EntryKind.AUTHORISATION_REQUESTED, EntryKind.AUTHORISED, EntryKind.CAPTURED):
        keys = [entry.key for entry in entries if entry.kind is kind]
        found += [f"{kind} twice under {key}" for key in sorted(set(keys)) if keys.count(key) > 1]
    return found


def captures_match_provider(
    entries: _Ledger, captured: Mapping[str, Money], *, complete: bool
) -> list[str]:
    """Whatever the provider took was asked for, and what the ledger calls captured was taken.

    Args:
        entries: The ledger.
        captured: What the provider took for the order, by the key it was asked under.
        complete: Nothing is under way, so the ledger has to know all of it.
    """
    kinds = (EntryKind.AUTHORISATION_REQUESTED, EntryKind.CAPTURE_REQUESTED)
    asked = {entry.key: entry.amount for entry in entries if entry.kind in kinds}
    known = {entry.key: entry.amount for entry in entries if entry.kind is EntryKind.CAPTURED}
    found = [
        f"the provider took {amount} under {key}, the ledger asked for {asked.get(key)}"
        for key, amount in captured.items()
        if asked.get(key) != amount
    ]
    found += [
        f"the ledger says {amount} was captured under {key}, the provider took {captured.get(key)}"
        for key, amount in known.items()
        if captured.get(key) != amount
    ]
    if complete:
        unseen = captured.keys() - known.keys()
        found += [f"{captured[key]} taken under {key} is not in the ledger" for key in unseen]
    return found


def held_matches_provider(
    entries: _Ledger, held: Mapping[str, Money], *, complete: bool
) -> list[str]:
    """The provider holds for the order what the ledger says it does.

    Args:
        entries: The ledger.
        held: What the provider still holds, by the key of the attempt; nothing where it is zero.
        complete: Nothing is under way. Otherwise only money nobody asked for is a violation.
    """
    known = {attempt.key: attempt for attempt in attempts(entries)}
    found = [f"{held[key]} is held under {key}, an unknown key" for key in held if key not in known]
    if complete:
        for key, attempt in known.items():
            there = held.get(key, Money.zero(attempt.requested.currency))
            if attempt.held != there:
                found.append(f"{attempt.held} of attempt {key} should be held, {there} is")
    return found


def charged_once(
    entries: _Ledger, captured: Mapping[str, Money], refunded: Mapping[str, Money], *, price: Money
) -> list[str]:
    """A customer is not charged more than the price: what is beyond it is on its way back.

    Args:
        entries: The ledger.
        captured: What the provider took for the order, by key.
        refunded: What it gave back, by key.
        price: What the order costs.
    """
    asked = (e for e in entries if e.kind is EntryKind.REFUND_REQUESTED and e.key not in refunded)
    under_way = _sum((entry.amount for entry in asked), price)
    kept = _sum(captured.values(), price) - _sum(refunded.values(), price) - under_way
    return [f"{kept} was charged for an order that costs {price}"] if kept > price else []


def money_adds_up(
    entries: _Ledger, captured: Mapping[str, Money], refunded: Mapping[str, Money], *, currency: str
) -> list[str]:
    """Captured - refunded is the same in the ledger and in the books, once all has arrived.

    Args:
        entries: The ledger, of an order paid through the provider alone.
        captured: What the provider took for the order, by key.
        refunded: What it gave back, by key.
        currency: That of the order.
    """
    nothing = Money.zero(currency)
    books = _sum(captured.values(), nothing) - _sum(refunded.values(), nothing)
    came = _sum((e.amount for e in entries if e.kind is EntryKind.CAPTURED), nothing)
    went = _sum((e.amount for e in entries if e.kind is EntryKind.REFUNDED), nothing)
    return [] if came - went == books else [f"the ledger keeps {came - went}, the books {books}"]


def _sum(amounts: Iterable[Money], like: Money) -> Money:
    return Money.total(amounts, currency=like.currency)
