"""The bank takes back what pays for goods: those still here stay here, the rest is for a person.

An order whose goods have not left is called off like any other that cannot be paid; what the bank
has taken is not paid back again. Goods that have left cannot be called back, and whether to contest
is not for a table to say, so an operator is asked. Money that comes back after a dispute goes to
the customer as far as the order no longer costs it.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.payments import Chargeback, DisputeWon
from ordercore.domain.processes.disputes import (
    CHARGED_BACK,
    ask_operator,
    book_chargeback,
    book_dispute_won,
    book_refund_returned,
)
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail.calling_off import call_off, is_leaving
from ordercore.domain.processes.retail.returning import complete_if_paid
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.starting import pay_back, pay_back_excess
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.ids import ActorId
from ordercore.kernel.money import Money
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal

__all__ = ["charged_back", "dispute_won", "refund_returned"]

_STILL_HERE = frozenset({S.CONFIRMED, S.IN_FULFILMENT, S.READY})
_PAID_FOR = _STILL_HERE | {S.SHIPPED, S.DELIVERED, S.COMPLETED}

_BY_ITSELF = Actor(ActorId("chargeback"), Role.TIMER)
"""Nobody asked for it, as with timers; whoever reports what a bank did may not cancel by that."""

_WHY = "the bank took the payment back"


def charged_back(turn: Turn[RetailRules], report: Chargeback) -> Refusal | None:
    """Book what the bank has taken back, and call off what is not paid for any more.

    Returns:
        None, also for a report that came before; or a refusal, see `record_chargeback`.
    """
    twice = turn.order.balance.gone_twice
    news = book_chargeback(turn, report)
    if news is not True:
        return news or None
    called_off = _is_unpaid(turn) and not is_leaving(turn, by_operator=False)
    if called_off:
        must(call_off(turn, _WHY, actor=_BY_ITSELF))
    if not called_off or turn.order.balance.gone_twice > twice:
        reason = f"the bank took {report.amount} of payment {report.payment!r} back"
        ask_operator(turn, report.reference, code=CHARGED_BACK, reason=reason)
    return None


def dispute_won(turn: Turn[RetailRules], report: DisputeWon) -> Refusal | None:
    """Book what the bank gave back, and pass on what the order does not cost.

    Returns:
        None, also for a report that came before; or a refusal, see `record_dispute_won`.
    """
    news = book_dispute_won(turn, report)
    if news is not True:
        return news or None
    _pay_out(turn, "the bank gave back what the order does not cost")
    if turn.order.state == S.DELIVERED:
        complete_if_paid(turn)
    return None


def refund_returned(
    turn: Turn[RetailRules], key: str, returned: Money, at: datetime
) -> Refusal | None:
    """Book that the refund under ``key`` came back at ``at``, and pay out what the order is over.

    What the bank has taken meanwhile is not there, whichever payment it took it of.

    Returns:
        None, also for a report that came before; or a refusal, see `record_refund_returned`.
    """
    news = book_refund_returned(turn, refund=key, returned=returned, at=at)
    if news is not True:
        return news or None
    _pay_out(turn, "the refund came back")
    return None


def _pay_out(turn: Turn[RetailRules], reason: str) -> None:
    """Pay back what is beyond the price; of an order that is not paid for any more, all of it."""
    if turn.order.state in _PAID_FOR:
        pay_back_excess(turn, reason)
    else:
        pay_back(turn, reason)


def _is_unpaid(turn: Turn[RetailRules]) -> bool:
    order = turn.order
    return order.state in _STILL_HERE and not turn.rules.facts(order, turn.at).money_received
