"""What banks do of their own accord, booked for every kind of order: an event, perhaps a task."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeVar

from ordercore.domain.orders import Posted
from ordercore.domain.payments import (
    Chargeback,
    DisputeWon,
    LedgerEntry,
    record_chargeback,
    record_dispute_won,
    record_refund_returned,
)
from ordercore.domain.processes.overdue import NO_SAGA
from ordercore.domain.processes.turn import OrderRules, Turn
from ordercore.engine.messaging import DeadLetter, dead_letter_id
from ordercore.engine.saga import ORDER_BRANCH
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = [
    "CHARGED_BACK",
    "DISPUTE",
    "ask_operator",
    "book_chargeback",
    "book_dispute_won",
    "book_refund_returned",
]

R = TypeVar("R", bound=OrderRules)

CHARGED_BACK = "charged-back"
"""Code of the letter about money that a bank has taken back."""

DISPUTE = "dispute"
"""What the letter of an operator's task has in place of a step."""


def book_chargeback(turn: Turn[R], report: Chargeback) -> bool | Refusal:
    """Book money that the bank has taken back.

    Returns:
        Whether that is news, or a refusal; see `record_chargeback`.
    """
    return _book(turn, "payment.charged-back", record_chargeback(turn.order.ledger, report))


def book_dispute_won(turn: Turn[R], report: DisputeWon) -> bool | Refusal:
    """Book money that the bank had taken back and that is here again.

    Returns:
        Whether that is news, or a refusal; see `record_dispute_won`.
    """
    return _book(turn, "payment.dispute-won", record_dispute_won(turn.order.ledger, report))


def book_refund_returned(
    turn: Turn[R], *, refund: str, returned: Money, at: datetime
) -> bool | Refusal:
    """Book that a refund which had arrived came back; its money is here again.

    Args:
        turn: The order.
        refund: Key of the refund.
        returned: Its amount.
        at: When it came back.

    Returns:
        Whether that is news, or a refusal; see `record_refund_returned`.
    """
    entry = record_refund_returned(turn.order.ledger, key=refund, amount=returned, at=at)
    return _book(turn, "billing.refund-returned", entry)


def ask_operator(turn: Turn[R], reference: str, *, code: str, reason: str) -> None:
    """File the dispute for an operator, once for each reference and code."""
    order = turn.order
    turn.letters.append(
        DeadLetter(
            id=dead_letter_id(f"{order.id}/{reference}", ORDER_BRANCH, f"{DISPUTE}/{code}", 0),
            tenant=order.tenant,
            order_id=order.id,
            saga_id=NO_SAGA,
            branch=ORDER_BRANCH,
            step=DISPUTE,
            forward=True,
            code=code,
            reason=reason,
            attempts=0,
            payload=json.dumps({"reference": reference, "state": order.state}, sort_keys=True),
            at=turn.at,
        )
    )


def _book(turn: Turn[R], named: str, entry: LedgerEntry | Refusal | None) -> bool | Refusal:
    if isinstance(entry, Refusal):
        return entry
    if entry is None:
        return False
    turn.record(Posted(type=named, postings=(entry,), reason=entry.code))
    return True
