"""Follows stock and numbers from what the store was asked to write, with a reckoning of its own."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from ordercore.domain.inventory import Holding, StockLevel, summed
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch

__all__ = ["ShelfBook"]

_Found = tuple[str, str, list[str]]
"""A law, whose order it is about, and what it found."""


@define
class ShelfBook:
    """What there is, who holds what of it, and which numbers were taken.

    Attributes:
        levels: Units on hand, reserved, and how many moves made them, by tenant and sku.
        holdings: What each order has, by sku.
        numbers: The last number of each series.
    """

    levels: dict[tuple[TenantId, str], list[int]] = field(factory=dict)
    holdings: dict[OrderId, dict[str, Holding]] = field(factory=dict)
    numbers: dict[tuple[TenantId, str], int] = field(factory=dict)

    def follow(self, batch: Batch) -> Iterator[_Found]:
        """Follow a commit; yield each law that was checked, with what it found."""
        for move in summed(batch.stock):
            level = self.levels.setdefault((batch.tenant, move.sku), [0, 0, 0])
            level[0] += move.on_hand
            level[1] += move.reserved
            level[2] += 1
            over = [f"{move.sku}: {level[0]} on hand, {level[1]} reserved after a {move.kind}"]
            fine = 0 <= level[1] <= level[0]
            yield "never_oversold", move.order_id or "", over[fine:]
            if move.order_id is not None:
                mine = self.holdings.setdefault(move.order_id, {})
                has = mine.get(move.sku, Holding())
                has = mine[move.sku] = has.after(on_hand=move.on_hand, reserved=move.reserved)
                text = [f"{move.kind} of {move.sku} gave back what it had not: {has}"]
                yield (
                    "gives_back_what_it_has",
                    move.order_id,
                    text[has.reserved >= 0 and has.sent >= 0 :],
                )
        owner = batch.orders[0].stored.order.id if batch.orders else ""
        for taken in batch.numbers:
            place = (batch.tenant, taken.series)
            last = self.numbers.get(place, 0)
            text = [f"{taken.series} goes on with {taken.number} after {last}"]
            yield "numbers_gapless", owner, text[taken.number == last + 1 :]
            self.numbers[place] = taken.number

    def level(self, tenant: TenantId, sku: str) -> StockLevel:
        """Return the level as it has to be."""
        on_hand, reserved, moves = self.levels[tenant, sku]
        return StockLevel(tenant=tenant, sku=sku, on_hand=on_hand, reserved=reserved, moves=moves)
