"""An authorisation ends before its money was taken: the order cannot be paid any more (R2, R3).

What is charged is not kept once it was granted, so nothing can be authorised anew without the
customer. An order whose goods are still here is called off, and its customer told; one that was
paid in full, or is paid otherwise, goes on.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import held_until
from ordercore.domain.processes.following import must
from ordercore.domain.processes.retail import money
from ordercore.domain.processes.retail.calling_off import call_off
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.retail.starting import write
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.party import TIMER

__all__ = ["EXPIRED", "hold_ended"]

EXPIRED = "payment-lapsed"
"""What the customer is written about: the order ended because the money was held no longer."""

_REASON = "the authorisation of the payment expired before the goods were packed"
_RELIES_ON_HELD = frozenset({S.CONFIRMED, S.IN_FULFILMENT})
"""States in which goods are got ready on the strength of money that is held."""


def hold_ended(turn: Turn[RetailRules]) -> datetime | None:
    """Let held money lapse whose time is over, and call off an order that relied on it.

    Nothing happens while a capture or a void is under way: its answer says what became of the
    money.

    Returns:
        When the next held money ends; None when none does.
    """
    lapsed = money.expire(turn)
    if lapsed and turn.order.state in _RELIES_ON_HELD and not _is_covered(turn):
        must(call_off(turn, _REASON, actor=TIMER))
        write(turn, EXPIRED)
    return held_until(turn.order.ledger)


def _is_covered(turn: Turn[RetailRules]) -> bool:
    return turn.rules.facts(turn.order, turn.at).authorised
