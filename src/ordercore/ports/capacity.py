"""What the infrastructure and the tenant's account allow right now."""

from __future__ import annotations

from typing import Protocol

from ordercore.domain.validation import LiveFacts
from ordercore.kernel.ids import TenantId

__all__ = ["CapacityPort"]


class CapacityPort(Protocol):
    """Region availability, quotas, image compatibility, billing alignment, in one answer."""

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return the facts that bear on these product types.

        An exception means that nobody knows; validation is tried again later, until its deadline.
        """
        ...
