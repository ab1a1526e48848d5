"""Reading the outbox."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.messaging import Envelope
from ordercore.kernel.ids import TenantId

__all__ = ["OutboxPort"]


class OutboxPort(Protocol):
    """Events that have left or are about to."""

    async def pending(
        self, tenant: TenantId, stream: str, *, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the events of a stream that are not marked as published, in order."""
        ...

    async def feed(
        self, tenant: TenantId, stream: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the events of a stream with a position above ``after``, published or not.

        A portal subscribes to an order's progress by asking again with the last position it saw.
        Published events are there until they are swept, see `SweeperPort`.
        """
        ...
