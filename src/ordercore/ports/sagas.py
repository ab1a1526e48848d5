"""Reading sagas."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, SagaId, TenantId

__all__ = ["SagasPort"]


class SagasPort(Protocol):
    """Sagas of one tenant."""

    async def get(self, tenant: TenantId, saga_id: SagaId) -> SagaState | None:
        """Return the saga, or None."""
        ...

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return every saga of the order, oldest first."""
        ...
