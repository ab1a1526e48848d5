"""Reading the audit trail."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.audit import AuditRecord
from ordercore.kernel.ids import OrderId, TenantId

__all__ = ["AuditPort"]


class AuditPort(Protocol):
    """The audit trail of one tenant; append-only, written by the store."""

    async def history(
        self, tenant: TenantId, order_id: OrderId, *, after: int = 0
    ) -> tuple[AuditRecord, ...]:
        """Return the order's records with a position above ``after``, in order."""
        ...
