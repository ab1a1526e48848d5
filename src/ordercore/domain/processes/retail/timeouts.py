"""What follows when a retail order has waited for too long."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.orders.lifecycles import RetailTrigger as T
from ordercore.domain.processes.retail import stock
from ordercore.domain.processes.retail.calling_off import call_off
from ordercore.domain.processes.retail.paying import let_go_payment
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.turn import Turn
from ordercore.engine.lifecycle import DueTimer
from ordercore.kernel.result import Refusal

__all__ = ["on_timeout", "sweep_reservation"]


def on_timeout(turn: Turn[RetailRules], timer: DueTimer) -> Refusal | None:
    """Pull the trigger of a timer that has run out, with all that belongs to it."""
    if timer.trigger == T.CANCEL:
        return call_off(turn, timer.reason)
    if timer.trigger == T.EXPIRE_PAYMENT:
        refused = turn.fire(T.EXPIRE_PAYMENT, reason=timer.reason)
        if refused is None:
            stock.let_go(turn, timer.reason)
            let_go_payment(turn, timer.reason)
        return refused
    return turn.fire(timer.trigger, reason=timer.reason)


def sweep_reservation(turn: Turn[RetailRules]) -> None:
    """Let unpaid goods go whose time is over; the order waits on, and may find them gone."""
    sale = turn.order.sale
    over = sale is not None and sale.reserved_until is not None and sale.reserved_until <= turn.at
    if over and turn.order.state == S.AWAITING_PAYMENT:
        stock.let_go(turn, "not paid in time")
