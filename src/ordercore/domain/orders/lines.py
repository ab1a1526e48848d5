"""The lines of an order: what was bought, at which price, and how far each one has come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from ordercore.domain.catalog import ProductSnapshot
from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money

__all__ = ["ItemState", "OPEN_ITEM_STATES", "OrderItem"]


class ItemState(StrEnum):
    """How far one item has come.

    ``failed`` means given up and not yet cleaned up; ``rolled_back`` that nothing of it is left.
    Goods are ``picked`` instead of provisioned, and a line that cannot be had is ``cancelled``.
    """

    PENDING = "pending"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    PICKED = "picked"
    CANCELLED = "cancelled"


OPEN_ITEM_STATES = frozenset({ItemState.PENDING, ItemState.PROVISIONING})


@frozen(kw_only=True)
class OrderItem:
    """One line.

    Attributes:
        snapshot: The product as it was when the order was placed.
        resource: The provider's reference of what was built; None while there is none.
        active_at: When it became active; None before.
        failure: Why it failed or was taken back; empty otherwise.
        quantity: How many pieces.
        vat_basis_points: Rate of value added tax, 2200 for 22 percent; 0 where prices are net only.
        lowered_by: What was taken off its net price before it was invoiced; None for nothing.
        credited: What was taken off since, by credit notes; None for nothing.
    """

    id: ItemId
    snapshot: ProductSnapshot
    state: ItemState = ItemState.PENDING
    resource: str | None = None
    active_at: datetime | None = None
    failure: str = ""
    quantity: int = 1
    vat_basis_points: int = 0
    lowered_by: Money | None = None
    credited: Money | None = None

    @property
    def billed(self) -> Money:
        """Net price of the line as its invoice says it, or would."""
        listed = self.snapshot.unit_price.times(self.quantity)
        return listed if self.lowered_by is None else listed - self.lowered_by

    @property
    def price(self) -> Money:
        """Net price of the line, for one billing period where it is billed in periods."""
        return self.billed if self.credited is None else self.billed - self.credited
