"""Reading stock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ordercore.domain.inventory import Movement, StockLevel
from ordercore.kernel.ids import TenantId

__all__ = ["StockPort"]


class StockPort(Protocol):
    """Stock and its ledger, one tenant at a time; moved by the store, with ``Batch.stock``."""

    async def levels(self, tenant: TenantId, skus: Sequence[str]) -> tuple[StockLevel, ...]:
        """Return the levels of these skus, by sku; one that never moved is left out."""
        ...

    async def movements(
        self, tenant: TenantId, sku: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Movement, ...]:
        """Return the ledger of a sku above ``after``, in order."""
        ...
