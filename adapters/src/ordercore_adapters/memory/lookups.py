"""Address books within the process, and services that fail on request."""

from __future__ import annotations

from ordercore.domain.orders import Recipient
from ordercore.kernel.ids import ActorId, TenantId
from ordercore.ports import LookedUp, NothingFound, RecipientLookup, RecipientQuery

__all__ = ["MemoryLookups"]


class MemoryLookups:
    """A `LookupsPort` over a dictionary.

    Attributes:
        trouble: What is answered in place of what there is; None: nothing is wrong.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[TenantId, ActorId, str], Recipient] = {}
        self.trouble: RecipientLookup | None = None

    def save(self, tenant: TenantId, customer: ActorId, entry: str, recipient: Recipient) -> None:
        """Write an entry into a customer's address book."""
        self._entries[tenant, customer, entry] = recipient

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Return the entry, or the trouble there is."""
        if self.trouble is not None:
            return self.trouble
        found = self._entries.get((query.tenant, query.customer, query.entry))
        return NothingFound() if found is None else LookedUp(found)
