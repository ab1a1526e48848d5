"""Reading idempotency records."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.messaging import IdempotencyRecord
from ordercore.kernel.ids import TenantId

__all__ = ["IdempotencyPort"]


class IdempotencyPort(Protocol):
    """What was answered under which key; written by the store."""

    async def get(self, tenant: TenantId, operation: str, key: str) -> IdempotencyRecord | None:
        """Return the record, expired or not; None when the key is free."""
        ...
