"""Laws of what banks do of their own accord: it is booked as it happened, and somebody sees to it.

As with the other laws each returns the violations it finds, in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.payments import EntryKind, LedgerEntry, arrived, balance
from ordercore.domain.processes import CHARGED_BACK, DISPUTE
from ordercore.engine.messaging import DeadLetter
from ordercore.kernel.money import Money

__all__ = ["BankBook", "bank_agrees", "disputes_are_seen_to"]


@frozen(kw_only=True)
class BankBook:
    """What the banks of customers wrote down about an order, in minor units.

    Attributes:
        taken: Payment and amount of what was taken back, by the bank's reference of the case.
        won: What came back of it, by the same reference.
        returned: What of our refunds came back to us, by the key of the refund.
    """

    taken: Mapping[str, tuple[str, int]] = field(factory=dict, hash=False)
    won: Mapping[str, int] = field(factory=dict, hash=False)
    returned: Mapping[str, int] = field(factory=dict, hash=False)


def bank_agrees(order: Order, book: BankBook) -> list[str]:
    """What the bank took, gave back and returned is in the ledger, and nothing else is.

    A payment that the ledger does not know, or that an operator took out of it, is an exception:
    what the bank did about that cannot be booked.

    Args:
        order: An order at rest, to which all was reported.
        book: What the banks wrote down.
    """
    came = arrived(order.ledger)
    stands = {name for name, amount in came.items() if amount.is_positive}
    stands -= {entry.key for entry in order.ledger if entry.kind is EntryKind.REVERSED}
    loose = {case for case, (payment, _) in book.taken.items() if payment not in stands}
    taken = {e.key: (e.source, e.amount.amount_minor) for e in _of(order, EntryKind.CHARGED_BACK)}
    won = {e.key: e.amount.amount_minor for e in _of(order, EntryKind.WON_BACK)}
    back = {e.key: e.amount.amount_minor for e in _of(order, EntryKind.REFUND_RETURNED)}
    return [
        *_differences("took back", book.taken, taken, loose),
        *_differences("gave back", book.won, won, loose),
        *_differences("returned", book.returned, back, set()),
    ]


def disputes_are_seen_to(order: Order, letters: Iterable[DeadLetter]) -> list[str]:
    """Where a bank took money back an operator was asked, unless goods were called off for it.

    That alone will do only where the money was still here: gone twice, it is for a person.

    Args:
        order: An order.
        letters: All of its dead letters, closed ones too.
    """
    asked = {json.loads(each.payload)["reference"] for each in letters if _is_chargeback(each)}
    called_off = order.sale is not None and order.state == RetailState.CANCELLED
    return [
        f"the bank took {entry.amount} back under {entry.key}, and nobody was asked"
        for number, entry in enumerate(order.ledger)
        if entry.kind is EntryKind.CHARGED_BACK
        and entry.key not in asked
        and not (called_off and _gone_twice(order, number) == _gone_twice(order, number + 1))
    ]


def _is_chargeback(letter: DeadLetter) -> bool:
    return letter.step == DISPUTE and letter.code == CHARGED_BACK


def _gone_twice(order: Order, entries: int) -> Money:
    return balance(order.ledger[:entries], currency=order.currency).gone_twice


def _of(order: Order, kind: EntryKind) -> list[LedgerEntry]:
    return [entry for entry in order.ledger if entry.kind is kind]


def _differences(
    did: str, book: Mapping[str, object], ledger: Mapping[str, object], loose: set[str]
) -> list[str]:
    """Return where the two differ; what is ``loose`` may be in the book alone."""
    return [
        f"under {name} the bank {did} {book.get(name, 'nothing')}, "
        f"the ledger says {ledger.get(name, 'nothing')}"
        for name in sorted({*book, *ledger})
        if book.get(name) != ledger.get(name) and not (name in loose and name not in ledger)
    ]
