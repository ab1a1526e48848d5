"""May something be sent once more: credentials, or a letter?

Anybody who may see the order may ask, but not without end: at most three times in any 24 hours, so
that a stolen portal session cannot turn the mailer into a weapon.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from ordercore.domain.orders import ItemState, Order, RedeliveryRequested
from ordercore.domain.orders.lifecycles import ProvisioningState
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import format_instant

__all__ = [
    "DEFAULT_LIMIT",
    "RedeliveryLimit",
    "TAKEN_BACK",
    "asked_too_often",
    "request_redelivery",
]


@frozen(kw_only=True)
class RedeliveryLimit:
    """At most ``count`` requests in any window of ``within_s`` seconds."""

    count: int
    within_s: int


TAKEN_BACK = frozenset({ProvisioningState.CANCELLED, ProvisioningState.FAILED})
"""Nothing is delivered any more, though an item may stand until it has been taken down."""

DEFAULT_LIMIT = RedeliveryLimit(count=3, within_s=24 * 3600)


def request_redelivery(
    order: Order, *, now: datetime, limit: RedeliveryLimit = DEFAULT_LIMIT
) -> RedeliveryRequested | Refusal:
    """Decide whether the credentials of the active items go out again.

    Returns:
        The event, or a refusal ``nothing_to_deliver`` or ``redelivery_limited`` that says when to
        ask again.
    """
    items = order.items_in(ItemState.ACTIVE)
    if not items:
        return Refusal(code="nothing_to_deliver", reason="the order has no active item")
    if order.state in TAKEN_BACK:
        return Refusal(code="nothing_to_deliver", reason=f"the order is {order.state}")
    too_often = asked_too_often(order, now=now, limit=limit)
    return too_often or RedeliveryRequested(items=items)


def asked_too_often(order: Order, *, now: datetime, limit: RedeliveryLimit) -> Refusal | None:
    """Return a refusal ``redelivery_limited`` that says when to ask again, if one is due."""
    window = timedelta(seconds=limit.within_s)
    recent = [at for at in order.redeliveries if at > now - window]
    if len(recent) >= limit.count:
        hours = f"{limit.within_s / 3600:g}"
        free_at = recent[-limit.count] + window if limit.count else now + window
        return Refusal(
            code="redelivery_limited",
            reason=(
                f"asked {len(recent)} times in {hours} hours; "
                f"ask again at {format_instant(free_at)}"
            ),
        )
    return None
