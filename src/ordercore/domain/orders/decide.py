"""The funnel: every transition of an order is decided here.

The lifecycle's table decides whether the trigger exists, its row who may pull it, its guards
whether the facts allow it. The answer is an event or a refusal; the order itself is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ordercore.domain.orders.events import Transitioned
from ordercore.domain.orders.order import Order
from ordercore.domain.payments import LedgerEntry
from ordercore.engine.lifecycle import Guard, Lifecycle, step
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Refusal

__all__ = ["transition"]

_HIDDEN = frozenset({"cancelled"})  # in every kind of order the state that hides it


def transition(
    order: Order,
    trigger: str,
    *,
    lifecycle: Lifecycle,
    guards: Mapping[str, Guard[Any]],
    facts: object,
    actor: Actor,
    reason: str = "",
    postings: tuple[LedgerEntry, ...] = (),
) -> Transitioned | Refusal:
    """Decide whether ``trigger`` moves ``order`` on.

    Args:
        order: The order as it is.
        trigger: What is asked for.
        lifecycle: The table that rules.
        guards: Guard functions by id.
        facts: What the guards look at.
        actor: Who asks; the row says which roles may.
        reason: Why, for the audit trail.
        postings: Ledger entries that belong to the transition.

    Returns:
        The event, or a refusal by a guard or with code ``not_permitted``.

    Raises:
        TransitionNotAllowed: the table has no such row; names state, trigger and what is allowed.
    """
    row = step(lifecycle, order.state, trigger, facts, guards)
    if isinstance(row, Refusal):
        return row
    if actor.role not in row.who:
        return Refusal(
            code="not_permitted",
            reason=f"{row.trigger} is for {', '.join(row.who)}, not for {actor.role}",
        )
    return Transitioned(
        type=row.emits or f"order.{row.trigger}",
        trigger=str(row.trigger),
        source=str(row.source),
        dest=str(row.dest),
        reason=reason,
        postings=postings,
        hidden=str(row.dest) in _HIDDEN,
    )
