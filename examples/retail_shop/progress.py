"""How far an order has come: the way it takes, with the steps that are behind it."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ordercore import Order
from ordercore.domain.orders.lifecycles import RETAIL
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS
from ordercore.engine.messaging import Envelope

__all__ = ["Step", "steps_of"]

_WAY = (S.CONFIRMED, S.IN_FULFILMENT, S.READY, S.SHIPPED, S.DELIVERED, S.COMPLETED)
_EMITTED = {row.emits: row.dest for row in RETAIL.rows if row.emits}


@frozen(kw_only=True)
class Step:
    """A state on the way.

    Attributes:
        at: When the order came into it last; None when it has not.
        current: Whether it is in it now.
    """

    state: str
    at: datetime | None
    current: bool


def steps_of(order: Order, feed: tuple[Envelope, ...]) -> tuple[Step, ...]:
    """Return the way of an order: where it was, where it is, and where it still goes."""
    reached: dict[str, datetime] = {}
    for event in feed:
        state = _EMITTED.get(event.type)
        if state is not None:
            reached.pop(state, None)
            reached[state] = event.at
    behind = list(reached)
    ahead = [state for state in _ahead(order) if state not in reached]
    return tuple(
        Step(state=state, at=reached.get(state), current=state == order.state)
        for state in behind + ahead
    )


def _ahead(order: Order) -> tuple[str, ...]:
    if order.state in RETAIL.terminal or order.state in (S.PAYMENT_FAILED, S.PAYMENT_EXPIRED):
        return ()
    assert order.sale is not None, "the shop sells goods"
    first = (S.AWAITING_PAYMENT,) if PAYMENT_KINDS[order.sale.payment].by_gateway else ()
    way = (*first, *_WAY)
    return way[way.index(S(order.state)) + 1 :] if order.state in way else way
