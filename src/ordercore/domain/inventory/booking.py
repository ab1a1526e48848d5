"""All moves of a batch together: every one of them is made, or none and all shortages are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from ordercore.domain.inventory.ledger import Holding, Movement
from ordercore.domain.inventory.levels import StockLevel, apply
from ordercore.domain.inventory.moves import StockMove, summed
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.shortage import Shortage

__all__ = ["Booking", "book"]


@frozen(kw_only=True)
class Booking:
    """What a batch does to the stock.

    Attributes:
        levels: The levels that changed, by sku.
        movements: The rows to add to the ledger, in the order in which they happened.
        holdings: What the orders behind them have afterwards, by order and sku; those that
            changed.
    """

    levels: tuple[StockLevel, ...]
    movements: tuple[Movement, ...]
    holdings: Mapping[tuple[OrderId, str], Holding]


def book(
    moves: Iterable[StockMove],
    *,
    tenant: TenantId,
    at: datetime,
    levels: Mapping[str, StockLevel],
    holdings: Mapping[tuple[OrderId, str], Holding],
) -> Booking | tuple[Shortage, ...]:
    """Return what the moves lead to, made one after the other in the order of `summed`.

    Args:
        moves: All moves of the batch.
        tenant: Whose stock.
        at: When they are made.
        levels: The levels of their skus; one that is missing was never stocked.
        holdings: What their orders have of them; one that is missing has nothing.
    """
    changed: dict[str, StockLevel] = {}
    have: dict[tuple[OrderId, str], Holding] = {}
    written: list[Movement] = []
    short: list[Shortage] = []
    for move in summed(moves):
        level = changed.get(move.sku) or levels.get(move.sku)
        holding = Holding()
        if move.order_id is not None:
            key = (move.order_id, move.sku)
            holding = have.get(key) or holdings.get(key, holding)
        after = holding.refuses(move) or apply(
            level or StockLevel(tenant=tenant, sku=move.sku), move
        )
        if isinstance(after, Shortage):
            short.append(after)
            continue
        changed[move.sku] = after
        if move.order_id is not None:
            have[key] = holding.after(on_hand=move.on_hand, reserved=move.reserved)
        written.append(_movement(move, tenant=tenant, seq=after.moves, at=at))
    if short:
        return tuple(short)
    return Booking(levels=tuple(changed.values()), movements=tuple(written), holdings=have)


def _movement(move: StockMove, *, tenant: TenantId, seq: int, at: datetime) -> Movement:
    return Movement(
        tenant=tenant,
        sku=move.sku,
        seq=seq,
        at=at,
        kind=move.kind,
        on_hand=move.on_hand,
        reserved=move.reserved,
        order_id=move.order_id,
        reason=move.reason,
    )
