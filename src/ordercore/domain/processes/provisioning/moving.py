"""Move an order along a row that does nothing but move it.

An order that costs nothing has no payment to wait for, so wherever such a row leads to the waiting,
its payment counts as confirmed at once.
"""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import Turn
from ordercore.engine.lifecycle import allowed
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal

__all__ = ["move"]


def move(turn: Turn[ProvisioningRules], trigger: str, *, reason: str = "") -> Refusal | None:
    """Pull ``trigger``, and confirm the payment of an order that now waits for none.

    Args:
        turn: The order.
        trigger: What is asked for.
        reason: Why, for the audit trail.

    Returns:
        None when the order moved, or the refusal.

    Raises:
        TransitionNotAllowed: the lifecycle has no such row.
    """
    refused = turn.fire(trigger, reason=reason)
    if refused is None and _waits_for_nothing(turn):
        # A host's guard may object; then the order waits for its deadline like any other.
        turn.fire(T.CONFIRM_PAYMENT, actor=SYSTEM, reason="nothing to pay")
    return refused


def _waits_for_nothing(turn: Turn[ProvisioningRules]) -> bool:
    order = turn.order
    waits = order.state == S.PENDING_PAYMENT and order.total.is_zero
    return waits and T.CONFIRM_PAYMENT in allowed(turn.rules.lifecycle, order.state)
