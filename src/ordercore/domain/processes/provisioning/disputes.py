"""The bank takes back what pays for services: an operator is asked, nothing is switched off.

What runs holds a customer's data, and a dispute may be a mistake that is cleared up in a day;
taking it down cannot be undone. So a person decides, who can cancel the order.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.orders import ItemState
from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.payments import Chargeback, DisputeWon, taken_by_bank
from ordercore.domain.processes.disputes import (
    CHARGED_BACK,
    ask_operator,
    book_chargeback,
    book_dispute_won,
    book_refund_returned,
)
from ordercore.domain.processes.provisioning.payment import refund, refund_all
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["charged_back", "dispute_won", "refund_returned"]

_OVER = frozenset({S.CANCELLED, S.FAILED})
_NOT_KEPT = (ItemState.FAILED, ItemState.ROLLED_BACK)


def charged_back(turn: Turn[ProvisioningRules], report: Chargeback) -> Refusal | None:
    """Book what the bank has taken back, and ask an operator what to do about it.

    Returns:
        None, also for a report that came before; or a refusal, see `record_chargeback`.
    """
    news = book_chargeback(turn, report)
    if news is not True:
        return news or None
    reason = f"the bank took {report.amount} of payment {report.payment!r} back"
    ask_operator(turn, report.reference, code=CHARGED_BACK, reason=reason)
    return None


def dispute_won(turn: Turn[ProvisioningRules], report: DisputeWon) -> Refusal | None:
    """Book what the bank gave back; for an order that has ended it goes to the customer.

    Where only some items ended, their refunds may have been cut short by the dispute. By how much
    is for an operator to find out, since a part of the order may have been used.

    Returns:
        None, also for a report that came before; or a refusal, see `record_dispute_won`.
    """
    news = book_dispute_won(turn, report)
    if news is not True:
        return news or None
    if turn.order.state in _OVER:
        return refund_all(turn, "the bank gave it back after the order had ended")
    if turn.order.items_in(*_NOT_KEPT):
        reason = f"the bank gave {report.amount} back; items that ended may be owed a part of it"
        ask_operator(turn, report.reference, code="dispute-won", reason=reason)
    return None


def refund_returned(
    turn: Turn[ProvisioningRules], key: str, returned: Money, at: datetime
) -> Refusal | None:
    """Book that the refund under ``key`` came back at ``at``, and pay it once more.

    An order that has ended pays all of it that is here. While something runs, what the bank has
    taken of that payment meanwhile has reached the customer already.

    Returns:
        None, also for a report that came before; or a refusal, see `record_refund_returned`.
    """
    news = book_refund_returned(turn, refund=key, returned=returned, at=at)
    if news is not True:
        return news or None
    ledger = turn.order.ledger
    source = next(entry.source for entry in ledger if entry.key == key)
    taken = Money.zero(returned.currency)
    if turn.order.state not in _OVER:
        taken = taken_by_bank(ledger).get(source, taken)
    amount = min(returned - taken, turn.order.balance.refundable)
    return refund(turn, amount, "the refund came back") if amount.is_positive else None
