"""Which processes belong to which kind of order: the one place where kinds are told apart."""

from __future__ import annotations

from typing import TypeAlias, cast

from ordercore.domain.processes.provisioning import saga_events, timeouts
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.turn import OrderRules, Turn
from ordercore.engine.lifecycle import DueTimer
from ordercore.engine.saga import Message, SagaState
from ordercore.kernel.result import Refusal

__all__ = ["ProvisioningTurn", "on_timeout", "tell"]

ProvisioningTurn: TypeAlias = Turn[ProvisioningRules]


def tell(turn: Turn[OrderRules], saga: SagaState, message: Message) -> SagaState:
    """Give a saga a message and let the order follow; return the saga as it is then."""
    return saga_events.tell(cast(ProvisioningTurn, turn), saga, message)


def on_timeout(
    turn: Turn[OrderRules], sagas: tuple[SagaState, ...], timer: DueTimer
) -> Refusal | None:
    """Do what follows when an order has stayed in a state for too long."""
    return timeouts.on_timeout(cast(ProvisioningTurn, turn), sagas, timer)
