"""Which processes belong to which kind of order: the one place where kinds are told apart."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias, TypeVar, cast

from ordercore.domain.orders import Order
from ordercore.domain.processes.provisioning import saga_events as provisioning_events
from ordercore.domain.processes.provisioning import timeouts as provisioning_timeouts
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.retail import saga_events as retail_events
from ordercore.domain.processes.retail import timeouts as retail_timeouts
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.turn import OrderRules, Turn
from ordercore.engine.lifecycle import DueTimer
from ordercore.engine.saga import SagaState
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal

__all__ = ["ProvisioningTurn", "RetailTurn", "on_timeout", "open_turn"]

ProvisioningTurn: TypeAlias = Turn[ProvisioningRules]
RetailTurn: TypeAlias = Turn[RetailRules]
R = TypeVar("R", bound=OrderRules)


def open_turn(
    rules: R,
    order: Order | None,
    *,
    at: datetime,
    actor: Actor,
    draw: int = 0,
    sagas: tuple[SagaState, ...] = (),
    short: bool = False,
) -> Turn[R]:
    """Return an order under change by one request, followed as its kind is; see `Turn`."""
    follow = retail_events.follow if isinstance(rules, RetailRules) else provisioning_events.follow
    return Turn(
        rules, order, at=at, actor=actor, draw=draw, sagas=sagas, short=short, follow=follow
    )


def on_timeout(
    turn: Turn[OrderRules], sagas: tuple[SagaState, ...], timer: DueTimer
) -> Refusal | None:
    """Do what follows when an order has stayed in a state for too long."""
    if isinstance(turn.rules, RetailRules):
        return retail_timeouts.on_timeout(cast(RetailTurn, turn), timer)
    return provisioning_timeouts.on_timeout(cast(ProvisioningTurn, turn), sagas, timer)
