"""How much of a sku there is, and whether one more move fits."""

from __future__ import annotations

from attrs import evolve, frozen

from ordercore.domain.inventory.moves import MOST_UNITS, MoveKind, StockMove
from ordercore.kernel.ids import TenantId
from ordercore.kernel.shortage import Shortage

__all__ = ["StockLevel", "apply"]

_HELD = frozenset({MoveKind.RELEASE, MoveKind.SHIP})


@frozen(kw_only=True)
class StockLevel:
    """How much of one sku there is.

    Two numbers, because a reservation takes nothing off the shelf: what is on hand falls only when
    goods leave.

    Attributes:
        on_hand: Units on the shelf, those that orders hold included.
        reserved: Units that orders hold; never more than are on hand.
        moves: How many movements made it; the newest one's place in the ledger.
    """

    tenant: TenantId
    sku: str
    on_hand: int = 0
    reserved: int = 0
    moves: int = 0

    @property
    def available(self) -> int:
        """Units that can still be reserved."""
        return self.on_hand - self.reserved


def apply(level: StockLevel, move: StockMove) -> StockLevel | Shortage:
    """Return the level after a move, or what it is short of.

    Afterwards nothing is negative, no more is reserved than there is, and no more is on hand than
    `MOST_UNITS`. Whether the units are those of the move's own order is asked of its `Holding`.
    """
    on_hand, reserved = level.on_hand + move.on_hand, level.reserved + move.reserved
    if 0 <= reserved <= on_hand <= MOST_UNITS:
        return evolve(level, on_hand=on_hand, reserved=reserved, moves=level.moves + 1)
    return Shortage(
        sku=move.sku,
        requested=abs(move.quantity),
        available=_most(level, move),
        move=str(move.kind),
    )


def _most(level: StockLevel, move: StockMove) -> int:
    if move.kind in _HELD:
        return level.reserved
    if move.on_hand > 0:
        return MOST_UNITS - level.on_hand
    return level.available
