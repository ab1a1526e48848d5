"""Follow a status that somebody outside reports, by the state alone.

Which of the library's rows may be reported is a table; a row of a host's own does nothing but move
the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import ProvisioningTrigger, RetailTrigger
from ordercore.domain.processes.kinds import ProvisioningTurn, RetailTurn
from ordercore.domain.processes.provisioning.moving import move
from ordercore.domain.processes.retail.returning import delivered
from ordercore.domain.processes.turn import OrderRules, Turn
from ordercore.engine.lifecycle import Standing, is_repeatable, standing
from ordercore.kernel.result import Refusal

__all__ = ["update_status"]

_REPORTED: Final[Mapping[str, Callable[[RetailTurn, str], Refusal | None]]] = MappingProxyType(
    {RetailTrigger.DELIVER: delivered}
)
"""Rows of goods that come with the library and are nothing but somebody's word."""


def update_status(turn: Turn[OrderRules], trigger: str, *, reason: str = "") -> Refusal | None:
    """Pull ``trigger``, unless the order has been where it leads to.

    Args:
        turn: The order.
        trigger: What is reported.
        reason: Why, for the audit trail.

    Returns:
        None when the order moved, or had nothing left to do (then nothing is recorded); or a
        refusal: ``has_its_own_use_case``, ``not_repeatable``, ``too_early``, ``impossible``,
        ``not_permitted``, or a guard's.
    """
    order, lifecycle = turn.order, turn.rules.lifecycle
    known: tuple[str, ...] = tuple(RetailTrigger if order.sale else ProvisioningTrigger)
    if trigger in known and not (order.sale and trigger in _REPORTED):
        reason = f"{trigger} does more than move the order; use its own use case"
        return Refusal(code="has_its_own_use_case", reason=reason)
    if not is_repeatable(lifecycle, trigger):
        reason = f"an order can come to {trigger} again: a repeat looks like the next time"
        return Refusal(code="not_repeatable", reason=reason)
    where = standing(lifecycle, order.state, trigger)
    if where is not Standing.DUE:
        return _not_due(order, trigger, where)
    if order.sale is None:
        return move(cast(ProvisioningTurn, turn), trigger, reason=reason)
    if trigger in _REPORTED:
        return _REPORTED[trigger](cast(RetailTurn, turn), reason)
    return turn.fire(trigger, reason=reason)


def _not_due(order: Order, trigger: str, where: Standing) -> Refusal | None:
    """Return what is wrong with an update that is not due; None where nothing is left to do."""
    if where is Standing.EARLY:
        reason = f"other steps come before {trigger}; the order is {order.state}"
        return Refusal(code="too_early", reason=reason)
    if where is Standing.IMPOSSIBLE:
        reason = f"no way leads from {order.state} to {trigger}"
        return Refusal(code="impossible", reason=reason)
    if where is Standing.PASSED and trigger == RetailTrigger.DELIVER and _never_arrived(order):
        reason = f"the order is {order.state}, and its parcel was never delivered"
        return Refusal(code="impossible", reason=reason)
    return None


def _never_arrived(order: Order) -> bool:
    # It came back as lost or undeliverable: whoever has the goods now has their money as well.
    return order.sale is not None and order.sale.delivered_at is None
