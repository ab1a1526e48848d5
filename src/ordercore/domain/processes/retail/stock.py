"""What a retail order does to the stock: reserve, let go, send out, take back.

Each is an event of the order and moves of the shelf in the same batch, so that one never happens
without the other; the store refuses the batch when there is too little.
"""

from __future__ import annotations

from ordercore.domain.inventory import MoveKind, line_moves
from ordercore.domain.orders import (
    ItemState,
    OrderItem,
    StockLeft,
    StockLetGo,
    StockReserved,
    StockTakenBack,
)
from ordercore.domain.payments import PAYMENT_KINDS
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.turn import Turn
from ordercore.engine.messaging import WorkKind

__all__ = ["keep", "let_go", "let_go_line", "prolong", "reserve", "send_out", "take_back"]


def reserve(turn: Turn[RetailRules]) -> None:
    """Reserve every open line, until the order is paid or the time for that is over."""
    _move(turn, MoveKind.RESERVE)
    _hold(turn)


def prolong(turn: Turn[RetailRules]) -> None:
    """Start the time of a reservation anew, where it has one."""
    if turn.order.sale is not None and turn.order.sale.reserved_until is not None:
        _hold(turn)


def keep(turn: Turn[RetailRules]) -> None:
    """Let the reservation stand until the goods leave: the order is paid, or is on delivery."""
    turn.record(StockReserved(until=None))
    turn.schedule(WorkKind.RESERVATION, turn.order.id, None)


def let_go(turn: Turn[RetailRules], reason: str) -> None:
    """Give back what is reserved, if anything is."""
    if turn.order.sale is None or not turn.order.sale.reserved:
        return
    _move(turn, MoveKind.RELEASE)
    turn.record(StockLetGo(reason=reason))
    turn.schedule(WorkKind.RESERVATION, turn.order.id, None)


def let_go_line(turn: Turn[RetailRules], item: OrderItem) -> None:
    """Give back what is reserved for one line that cannot be had."""
    if turn.order.sale is None or not turn.order.sale.reserved:
        return
    lines = ((item.snapshot.product_type, item.quantity),)
    turn.stock.extend(line_moves(MoveKind.RELEASE, lines, order_id=turn.order.id))


def send_out(turn: Turn[RetailRules]) -> None:
    """Take what is reserved off the shelf."""
    _move(turn, MoveKind.SHIP)
    turn.record(StockLeft())


def take_back(turn: Turn[RetailRules]) -> None:
    """Put what was sent out back on the shelf."""
    _move(turn, MoveKind.RETURN)
    turn.record(StockTakenBack())


def _hold(turn: Turn[RetailRules]) -> None:
    # While the outcome of a card is unknown its goods are held (R2), however long that takes: the
    # end of the attempt lets them go. Only who may take all day to pay is given a time.
    sale = turn.order.sale
    waits = sale is not None and PAYMENT_KINDS[sale.payment].page
    until = turn.at + turn.rules.held_for if waits else None
    turn.record(StockReserved(until=until))
    turn.schedule(WorkKind.RESERVATION, turn.order.id, until)


def _move(turn: Turn[RetailRules], kind: MoveKind) -> None:
    lines = (
        (item.snapshot.product_type, item.quantity)
        for item in turn.order.items
        if item.state is not ItemState.CANCELLED
    )
    turn.stock.extend(line_moves(kind, lines, order_id=turn.order.id))
