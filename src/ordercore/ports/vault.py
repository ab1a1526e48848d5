"""Reading sealed credentials."""

from __future__ import annotations

from typing import Protocol

from ordercore.domain.delivery import SealedCredentials
from ordercore.kernel.ids import OrderId, TenantId

__all__ = ["VaultPort"]


class VaultPort(Protocol):
    """Where sealed credentials rest; written by the store."""

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SealedCredentials, ...]:
        """Return the sealed credentials of every item that has some, by item id."""
        ...
