"""Sealing credentials for rest."""

from __future__ import annotations

from typing import Protocol

from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.kernel.ids import ItemId, OrderId, TenantId

__all__ = ["SealerPort"]


class SealerPort(Protocol):
    """Authenticated encryption with key ids, bound to tenant, order, item and resource."""

    async def seal(
        self,
        credentials: Credentials,
        *,
        tenant: TenantId,
        order_id: OrderId,
        item: ItemId,
        resource: str,
    ) -> SealedCredentials:
        """Encrypt under the current key."""
        ...

    async def open(self, sealed: SealedCredentials) -> Credentials:
        """Decrypt with the key it names.

        Raises:
            InvalidInput: unknown key, or the bytes were changed or moved; never says what was
            inside.
        """
        ...
