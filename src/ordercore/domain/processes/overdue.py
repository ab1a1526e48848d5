"""An order that stays in a state for too long: said first, then given to an operator (R1).

Deadlines that alert without moving the order are no transitions, so they are not in the lifecycle:
they are targets, one for each state that should not last.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeVar

from ordercore.domain.orders import OperatorTaskDone, Overdue
from ordercore.domain.processes.turn import OVERDUE, OrderRules, Turn
from ordercore.engine.messaging import DeadLetter, dead_letter_id
from ordercore.engine.saga import ORDER_BRANCH
from ordercore.kernel.ids import SagaId

__all__ = ["NO_SAGA", "look_after", "task_done"]

R = TypeVar("R", bound=OrderRules)

NO_SAGA = SagaId("")
"""What the letter of an operator's task has in place of a saga."""


def look_after(turn: Turn[R]) -> datetime | None:
    """Say that the order is overdue, or give it to an operator, if it is time.

    Returns:
        When to look again; None when there is nothing more to say of this stay.
    """
    order = turn.order
    since = order.life.entered_at
    target = next((each for each in turn.rules.targets if each.state == order.state), None)
    if target is None:
        return None
    alert_at, task_at = since + target.alert_after, since + target.task_after
    if turn.at < alert_at:
        return alert_at
    needs_operator = turn.at >= task_at
    if order.life.overdue and not needs_operator:  # said already: a clock was put back since
        return task_at
    turn.record(Overdue(state=order.state, since=since, task=needs_operator))
    if not needs_operator:
        return task_at
    turn.letters.append(_task(turn, since))
    return None


def task_done(turn: Turn[R], note: str) -> None:
    """Record that an operator has seen to what was filed."""
    turn.record(OperatorTaskDone(reason=note))


def _task(turn: Turn[R], since: datetime) -> DeadLetter:
    order = turn.order
    stay = f"{order.id}/{order.state}/{since.isoformat()}"
    return DeadLetter(
        id=dead_letter_id(stay, ORDER_BRANCH, OVERDUE, 0),
        tenant=order.tenant,
        order_id=order.id,
        saga_id=NO_SAGA,
        branch=ORDER_BRANCH,
        step=OVERDUE,
        forward=True,
        code=OVERDUE,
        reason=f"the order has been {order.state} since {since:%Y-%m-%d %H:%M} UTC",
        attempts=0,
        payload=json.dumps({"state": order.state}),
        at=turn.at,
    )
