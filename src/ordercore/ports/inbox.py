"""Reading inbox marks."""

from __future__ import annotations

from typing import Protocol

from ordercore.kernel.ids import TenantId

__all__ = ["InboxPort"]


class InboxPort(Protocol):
    """Which messages were taken in; written by the store together with their effect."""

    async def seen(self, tenant: TenantId, consumer: str, message_id: str) -> bool:
        """Return whether the consumer has taken this message in."""
        ...
