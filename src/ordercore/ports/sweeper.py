"""Removing old records of messages."""

from __future__ import annotations

from typing import Protocol

from ordercore.engine.messaging import Cutoffs, Swept
from ordercore.kernel.ids import TenantId

__all__ = ["SweeperPort"]


class SweeperPort(Protocol):
    """Removes records that nobody will ask for again, a few at a time.

    Never removed are an event that is not marked as published, the mark of a message that is such
    an event of this store (it will be sent once more), an answer that has not expired, and anything
    else that is stored: orders, sagas, dead letters, the audit trail.
    """

    async def sweep(self, cutoffs: Cutoffs, *, limit: int, tenant: TenantId | None = None) -> Swept:
        """Remove records of one tenant, at most ``limit`` of each kind, oldest first.

        Without a tenant the store picks one that has such records. Nothing is leased: of several
        that sweep at once none removes a row twice, and one may find that others did its work.
        """
        ...
