"""The ledger of a sku: movements are added, never changed, and every level is their fold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ordercore.domain.inventory.levels import StockLevel
from ordercore.domain.inventory.moves import MoveKind, StockMove
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.shortage import Shortage

__all__ = ["Holding", "Movement", "fold", "holdings"]

_RESERVED = frozenset({MoveKind.RELEASE, MoveKind.SHIP})


@frozen(kw_only=True)
class Movement:
    """A row of the ledger: a move that was made.

    Attributes:
        seq: Its place among the movements of the sku, from 1, without gaps.
        at: When the store made it.
        on_hand: By how much the units on the shelf changed.
        reserved: By how much the units that orders hold changed.
        order_id: Whose units; None where no order was behind it.
        reason: Why, for a person.
    """

    tenant: TenantId
    sku: str
    seq: int
    at: datetime
    kind: MoveKind
    on_hand: int
    reserved: int
    order_id: OrderId | None = None
    reason: str = ""


@frozen(kw_only=True)
class Holding:
    """What one order has of one sku.

    Attributes:
        reserved: Units it holds on the shelf.
        sent: Units that left for it and have not come back.
    """

    reserved: int = 0
    sent: int = 0

    def after(self, *, on_hand: int, reserved: int) -> Holding:
        """Return the holding after one of the order's own movements."""
        return Holding(reserved=self.reserved + reserved, sent=self.sent - on_hand)

    def refuses(self, move: StockMove) -> Shortage | None:
        """Return what the order is short of for a move of its own; None when it may be made.

        A release that is executed twice would free somebody else's units, goods that come back
        twice would be sold twice.
        """
        if move.kind in _RESERVED:
            own = self.reserved
        elif move.kind is MoveKind.RETURN:
            own = self.sent
        else:
            return None
        if move.quantity <= own:
            return None
        return Shortage(sku=move.sku, requested=move.quantity, available=own, move=str(move.kind))


def fold(movements: Iterable[Movement], *, tenant: TenantId, sku: str) -> StockLevel:
    """Return the level that all movements of a sku add up to."""
    on_hand = reserved = count = 0
    for movement in movements:
        on_hand += movement.on_hand
        reserved += movement.reserved
        count += 1
    return StockLevel(tenant=tenant, sku=sku, on_hand=on_hand, reserved=reserved, moves=count)


def holdings(movements: Iterable[Movement]) -> dict[tuple[OrderId, str], Holding]:
    """Return what each order has of each sku, by order and sku."""
    found: dict[tuple[OrderId, str], Holding] = {}
    for movement in movements:
        if movement.order_id is not None:
            key = (movement.order_id, movement.sku)
            before = found.get(key, Holding())
            found[key] = before.after(on_hand=movement.on_hand, reserved=movement.reserved)
    return found
