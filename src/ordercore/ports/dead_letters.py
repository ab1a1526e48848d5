"""Reading dead letters."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.kernel.ids import TenantId

__all__ = ["DeadLettersPort"]


class DeadLettersPort(Protocol):
    """Work given up, one tenant at a time; written by the store."""

    async def get(self, tenant: TenantId, letter_id: str) -> DeadLetter | None:
        """Return the letter, or None."""
        ...

    async def list(
        self,
        tenant: TenantId,
        *,
        status: DeadLetterStatus | None = DeadLetterStatus.OPEN,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Return letters, oldest first; with ``status`` None those of every status."""
        ...
