"""What follows when an order has stayed in a state for too long."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.processes.provisioning.cancellation import cancel, newest_fulfilment
from ordercore.domain.processes.provisioning.fulfilment import reject
from ordercore.domain.processes.provisioning.moving import move
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import Turn
from ordercore.engine.lifecycle import DueTimer
from ordercore.engine.saga import SagaState
from ordercore.kernel.party import TIMER
from ordercore.kernel.result import Refusal

__all__ = ["on_timeout"]


def on_timeout(
    turn: Turn[ProvisioningRules], sagas: tuple[SagaState, ...], timer: DueTimer
) -> Refusal | None:
    """Pull the trigger of a timer that has run out, with all that belongs to it.

    Args:
        turn: The order, still in the state the timer belongs to.
        sagas: Every saga of the order.
        timer: The timer.
    """
    if timer.trigger == T.CANCEL:
        newest = newest_fulfilment(turn.order)
        saga = next((state for state in sagas if state.id == newest), None)
        return cancel(turn, saga, timer.reason)
    if timer.trigger == T.REJECT:
        return reject(turn, timer.reason, actor=TIMER)
    return move(turn, timer.trigger, reason=timer.reason)
