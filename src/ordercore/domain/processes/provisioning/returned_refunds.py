"""A refund for services that had arrived came back: it is paid once more, as a new refund.

What it was for is owed as before. The provider may know a better way by now; if it refuses, the new
refund is parked, and an operator pays it in another way.
"""

from __future__ import annotations

from datetime import datetime

from ordercore.domain.processes.disputes import book_refund_returned
from ordercore.domain.processes.provisioning.payment import refund
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import Turn
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["refund_returned"]

_REASON = "the refund came back"


def refund_returned(
    turn: Turn[ProvisioningRules], key: str, returned: Money, at: datetime
) -> Refusal | None:
    """Book that it came back, and pay it once more as far as the bank has not taken it meanwhile.

    Args:
        turn: The order.
        key: Key of the refund.
        returned: Its amount.
        at: When it came back.

    Returns:
        None, also for a report that came before; or a refusal, see `record_refund_returned`.
    """
    news = book_refund_returned(turn, key, returned, at)
    if news is not True:
        return news or None
    amount = min(returned, turn.order.balance.refundable)
    return refund(turn, amount, _REASON)
