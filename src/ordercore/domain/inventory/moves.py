"""Moves of stock: what is asked of the shelf, before anybody knows whether there is enough."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId, text_id
from ordercore.kernel.text import readable

__all__ = ["MOST_UNITS", "MoveKind", "StockMove", "line_moves", "reserve_lines", "summed"]

MOST_UNITS: Final = 10**15
"""Most units of one sku, moved or on hand; sums of thousands of them still fit 64 bits."""


class MoveKind(StrEnum):
    """What happens to the units, in the order in which the moves of one batch are made.

    What gives comes before what takes, so an order may give one line back and reserve it anew in
    one batch, and goods sold over the counter are reserved and shipped together.
    """

    RECEIVE = "receive"  # goods came in
    RETURN = "return"  # goods an order had been sent came back and can be sold again
    RELEASE = "release"  # an order no longer wants what it reserved
    ADJUST = "adjust"  # somebody counted: signed, with a reason
    RESERVE = "reserve"  # an order wants them; they stay on the shelf
    SHIP = "ship"  # what an order reserved leaves


_PLACE = {kind: place for place, kind in enumerate(MoveKind)}
_ON_HAND = {
    MoveKind.RECEIVE: 1,
    MoveKind.RETURN: 1,
    MoveKind.ADJUST: 1,
    MoveKind.SHIP: -1,
}
_RESERVED = {MoveKind.RELEASE: -1, MoveKind.RESERVE: 1, MoveKind.SHIP: -1}
_WITHOUT_ORDER = frozenset({MoveKind.RECEIVE, MoveKind.ADJUST})


def _note(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidInput(field="reason", problem=f"got {type(text).__name__}", allowed="text")
    return readable(text)


@frozen(kw_only=True)
class StockMove:
    """Units of one sku that are to move.

    Attributes:
        quantity: Whole units from 1 to `MOST_UNITS`; only an adjustment may be negative.
        order_id: Whose units; None where no order is behind it (goods in, a count).
        reason: Why, for a person; an adjustment needs one.

    Raises:
        InvalidInput: naming the part that cannot be.
    """

    kind: MoveKind
    sku: str
    quantity: int
    order_id: OrderId | None = None
    reason: str = field(default="", converter=_note)

    def __attrs_post_init__(self) -> None:
        text_id(self.sku, field="sku")
        _check_units(self.quantity, signed=self.kind is MoveKind.ADJUST)
        if self.kind in _WITHOUT_ORDER:
            if self.order_id is not None:
                raise InvalidInput(field="order_id", problem=f"a {self.kind} is of no order")
        else:
            text_id(self.order_id, field="order_id")
        if self.kind is MoveKind.ADJUST and not self.reason.strip():
            raise InvalidInput(field="reason", problem="an adjustment needs one")

    @property
    def on_hand(self) -> int:
        """By how much the units on the shelf change."""
        return _ON_HAND.get(self.kind, 0) * self.quantity

    @property
    def reserved(self) -> int:
        """By how much the units that orders hold change."""
        return _RESERVED.get(self.kind, 0) * self.quantity


def line_moves(
    kind: MoveKind, lines: Iterable[tuple[str, int]], *, order_id: OrderId
) -> tuple[StockMove, ...]:
    """Return what the lines of an order do to the stock: one move per sku, by sku.

    Two lines of the same sku are one move of their sum, or each could pass a check that both
    together do not; and the fixed order keeps two orders from waiting for each other.

    Args:
        kind: What happens to all of them.
        lines: Sku and quantity of each line.
        order_id: The order they belong to.

    Raises:
        InvalidInput: a quantity is no whole number from 1, or a sum is larger than `MOST_UNITS`.
    """
    made = (
        StockMove(kind=kind, sku=sku, quantity=quantity, order_id=order_id)
        for sku, quantity in lines
    )
    return summed(made)


def reserve_lines(lines: Iterable[tuple[str, int]], *, order_id: OrderId) -> tuple[StockMove, ...]:
    """Return the reservation of all lines of an order, see `line_moves`."""
    return line_moves(MoveKind.RESERVE, lines, order_id=order_id)


def summed(moves: Iterable[StockMove]) -> tuple[StockMove, ...]:
    """Return the moves as every store makes them: one per sku, kind and order, by sku and kind.

    Adjustments that cancel out leave nothing to do. Reasons are joined.

    Raises:
        InvalidInput: a sum is larger than `MOST_UNITS`.
    """
    alike: dict[tuple[str, int, str], list[StockMove]] = {}
    for move in moves:
        alike.setdefault((move.sku, _PLACE[move.kind], move.order_id or ""), []).append(move)
    totals = (_total(alike[key]) for key in sorted(alike))
    return tuple(total for total in totals if total is not None)


def _total(alike: list[StockMove]) -> StockMove | None:
    first, *more = alike
    if not more:
        return first
    quantity = sum(move.quantity for move in alike)
    if quantity == 0:
        return None
    reasons = dict.fromkeys(move.reason for move in alike if move.reason)
    return evolve(first, quantity=quantity, reason="; ".join(reasons))


def _check_units(value: object, *, signed: bool) -> None:
    allowed = f"whole units, {'not 0, ' if signed else '1 '}to {MOST_UNITS}"
    if type(value) is not int:  # True is an int too, and one
        raise InvalidInput(field="quantity", problem=f"got {type(value).__name__}", allowed=allowed)
    least = -MOST_UNITS if signed else 1
    if value == 0 or not least <= value <= MOST_UNITS:
        problem = f"got {value}" if abs(value) <= MOST_UNITS else "is too large"
        raise InvalidInput(field="quantity", problem=problem, allowed=allowed)
