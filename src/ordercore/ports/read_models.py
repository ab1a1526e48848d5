"""Counting orders."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ordercore.domain.insight import OrderGroup
from ordercore.kernel.ids import TenantId

__all__ = ["ReadModelsPort"]


class ReadModelsPort(Protocol):
    """Sums over a tenant's orders, hidden ones included."""

    async def groups(
        self, tenant: TenantId, *, day: datetime, week: datetime, month: datetime
    ) -> tuple[OrderGroup, ...]:
        """Return one group per state and currency.

        Args:
            day: Start of the current day; orders created since count as today's. Likewise ``week``
                and ``month``.
        """
        ...
