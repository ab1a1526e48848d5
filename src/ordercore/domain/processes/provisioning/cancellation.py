"""Cancel an order wherever it stands, and bring a cancelled one back.

Before provisioning, what was paid goes back as a whole. Once the fulfilment saga runs, it is
aborted: every item is taken down and refunded on its own, so nothing is refunded that is still
running.
"""

from __future__ import annotations

from ordercore.domain.orders import ItemProgressed, ItemState, Order
from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.processes.following import tell
from ordercore.domain.processes.provisioning.payment import refund_run
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.sagas import FULFILMENT
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import Abort, SagaState, SagaStatus
from ordercore.kernel.ids import SagaId
from ordercore.kernel.result import Refusal

__all__ = ["cancel", "newest_fulfilment", "restore"]

_UNPAID = frozenset({S.DRAFT, S.PENDING_PAYMENT})


def newest_fulfilment(order: Order) -> SagaId | None:
    """Return the id of the order's newest fulfilment saga, or None when there was none."""
    ids = [ref.id for ref in order.sagas if ref.definition == FULFILMENT.name]
    return ids[-1] if ids else None


def cancel(turn: Turn[ProvisioningRules], saga: SagaState | None, reason: str) -> Refusal | None:
    """Cancel the order and take back what it has.

    Args:
        turn: The order.
        saga: Its newest fulfilment saga, or None.
        reason: Why, for the audit trail.

    Raises:
        TransitionNotAllowed: the order is past cancelling.
    """
    paid = turn.order.state not in _UNPAID
    refused = turn.fire(T.CANCEL, reason=reason)
    if refused is not None:
        return refused
    if saga is not None and saga.status is SagaStatus.RUNNING:
        tell(turn, saga, Abort(reason=reason or "cancelled"))
        return None
    return refund_run(turn, reason or "cancelled", paid=paid)


def restore(turn: Turn[ProvisioningRules], saga: SagaState | None, reason: str) -> Refusal | None:
    """Bring a cancelled order back as a draft, with fresh items and no payment.

    Returns:
        None, or a refusal: ``refund_not_settled``, or ``still_taking_back`` while the old run is
        not finished or an operator has yet to deal with a part of it.
    """
    refused = turn.fire(T.RESTORE, reason=reason)
    if refused is not None:
        return refused
    # A parked removal that is retried later would otherwise take down the items of the new run.
    if saga is not None and (saga.status is SagaStatus.RUNNING or saga.parked):
        return Refusal(
            code="still_taking_back",
            reason="the resources of the cancelled run are not all taken down yet",
        )
    for item in turn.order.items:
        if item.state is not ItemState.PENDING:
            turn.record(ItemProgressed(item=item.id, source=item.state, dest=ItemState.PENDING))
    return None
