"""Follows locks: who was given which, who believes to hold it, which fences were written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import define, field

from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Lease

__all__ = ["LockBook"]

_Name = tuple[TenantId, str]


@define
class LockBook:
    """What the laws want to know about locks.

    Attributes:
        in_use: There are locks; without them nothing is asked about them.
    """

    in_use: bool = False
    _standing: dict[_Name, Lease] = field(factory=dict)
    _believed: dict[str, set[str]] = field(factory=dict)
    _given: dict[TenantId, int] = field(factory=dict)
    _written: dict[_Name, int] = field(factory=dict)

    def given(self, holder: str, lease: Lease, *, now: datetime) -> list[str]:
        """Follow a lease; return what is wrong with giving it at ``now`` by the asker's clock."""
        place, found = (lease.tenant, lease.name), []
        known, last = self._standing.get(place), self._given.get(lease.tenant, 0)
        if known is not None and known.expires_at > now:
            found.append(f"{lease.name} was given twice, while it is held until {known.expires_at}")
        if lease.fence <= last:
            found.append(f"{lease.name} was given fence {lease.fence} after {last}")
        self._standing[place] = lease
        self._given[lease.tenant] = max(last, lease.fence)
        self._believed.setdefault(holder, set()).add(lease.name)
        return found

    def prolonged(self, lease: Lease) -> None:
        """Follow that a lease lasts longer."""
        self._standing[lease.tenant, lease.name] = lease

    def ended(self, lease: Lease) -> None:
        """Follow that a lease ended at the service: by its holder, or because it was forgotten."""
        known = self._standing.get((lease.tenant, lease.name))
        if known is not None and known.fence == lease.fence:
            del self._standing[lease.tenant, lease.name]

    def let_go(self, holder: str, lease: Lease) -> None:
        """Follow that its holder no longer counts on it."""
        self._believed.get(holder, set()).discard(lease.name)

    def unguarded(self, holder: str, order_id: OrderId) -> list[str]:
        """Return what is wrong with a call that moves money of an order."""
        names = self._believed.get(holder, set())
        if not self.in_use or any(name.endswith(f"/{order_id}") for name in names):
            return []
        return [f"money was moved by {holder} without a lock of its order"]

    def wrote(self, batch: Batch) -> Iterable[tuple[str, list[str]]]:
        """Follow the fences of a write; return each lock with what is wrong with it."""
        for fence in batch.fences:
            place = (batch.tenant, fence.name)
            last = self._written.get(place, 0)
            text = f"{fence.name} was written under {fence.token} after {last}"
            yield fence.name, [text][fence.token >= last :]
            self._written[place] = max(last, fence.token)
