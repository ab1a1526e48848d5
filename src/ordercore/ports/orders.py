"""Reading orders."""

from __future__ import annotations

from typing import Protocol

from ordercore.domain.orders import Order
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports.batch import StoredOrder

__all__ = ["OrdersPort"]


class OrdersPort(Protocol):
    """Orders of one tenant."""

    async def get(self, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        """Return the order, hidden or not; None when the tenant has no such order."""
        ...

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        """Return the order with the customer's reference."""
        ...

    async def list(
        self,
        tenant: TenantId,
        *,
        state: str | None = None,
        hidden: bool = False,
        after: OrderId | None = None,
        limit: int = 50,
    ) -> tuple[Order, ...]:
        """Return orders in the order of their ids, beginning after ``after``.

        Args:
            state: Only orders in this state.
            hidden: Also soft-deleted ones.
        """
        ...
