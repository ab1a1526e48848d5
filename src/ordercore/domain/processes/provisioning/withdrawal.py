"""A consumer withdraws from a fulfilled order within the withdrawal period (P5).

Nothing leads out of ``fulfilled``: what was fulfilled stays on record as fulfilled. But the stack
of its fulfilment saga is still there, so what runs is taken down, refunded and told in reverse
order, just as for a cancellation. Whoever asked for the service at once owes the days begun.
"""

from __future__ import annotations

from ordercore.domain.orders import ItemState, Withdrawn
from ordercore.domain.orders.lifecycles import ProvisioningState, Role
from ordercore.domain.payments import WITHDRAWAL_PERIOD
from ordercore.domain.processes.following import tell
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import SagaState, SagaStatus, TakeBack
from ordercore.kernel.result import Refusal

__all__ = ["withdraw"]

_MAY_ASK = (Role.CUSTOMER, Role.OPERATOR)


def withdraw(turn: Turn[ProvisioningRules], saga: SagaState | None, reason: str) -> Refusal | None:
    """Take a fulfilled order back for a consumer.

    Args:
        turn: The order.
        saga: Its newest fulfilment saga.
        reason: Why, for the audit trail.

    Returns:
        None, or a refusal: ``not_permitted``, ``not_fulfilled`` (cancel it instead),
        ``nothing_to_withdraw`` or ``withdrawal_period_over``.
    """
    order = turn.order
    if turn.actor.role not in _MAY_ASK:
        allowed = ", ".join(_MAY_ASK)
        return Refusal(
            code="not_permitted", reason=f"withdrawing is for {allowed}, not {turn.actor.role}"
        )
    if order.state != ProvisioningState.FULFILLED:
        return Refusal(
            code="not_fulfilled", reason=f"the order is {order.state}; cancel it instead"
        )
    since = [item.active_at for item in order.items if item.state is ItemState.ACTIVE]
    begun = min((at for at in since if at is not None), default=None)
    if begun is None or saga is None:
        return Refusal(code="nothing_to_withdraw", reason="no item of the order is active")
    if turn.at - begun > WITHDRAWAL_PERIOD:
        return Refusal(
            code="withdrawal_period_over",
            reason=f"the service began more than {WITHDRAWAL_PERIOD.days} days ago",
        )
    if saga.status is SagaStatus.RUNNING:
        return Refusal(
            code="still_delivering", reason="the credentials are still on their way; ask again"
        )
    turn.record(Withdrawn(reason=reason))
    tell(turn, saga, TakeBack(reason=reason or "withdrawn"))
    return None
