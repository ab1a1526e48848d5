"""The queue of work: rows with a due time, leased to one worker at a time.

A lease counts as held until it is released or the work is claimed again; its end only says from
when on another worker may claim. Fences are numbered across all rows and never reused: a row that
was finished and asked for anew must not give out a number that a forgotten worker still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush

from attrs import define

from ordercore.engine.messaging import Claim, Release, Work, WorkKind
from ordercore.kernel.ids import TenantId

__all__ = ["WorkQueue"]

_Lane = tuple[WorkKind, TenantId]
_Entry = tuple[datetime, str]
_Front = tuple[datetime, TenantId, str]


@define
class _Row:
    due_at: datetime
    touched: int = 0
    fence: int = 0
    lease_until: datetime | None = None

    @property
    def free_at(self) -> datetime:
        """When a worker may claim it; leased work was due when it was claimed."""
        return self.lease_until or self.due_at


class WorkQueue:
    """Work of every tenant. Not locked by itself: callers hold the lock of the tables."""

    def __init__(self) -> None:
        self._rows: dict[_Lane, dict[str, _Row]] = {}
        # Entries stay when a row changes; those that no longer agree with it are skipped.
        self._heaps: dict[WorkKind, dict[TenantId, list[_Entry]]] = {kind: {} for kind in WorkKind}
        self._fence = 0

    def schedule(self, tenant: TenantId, work: Work) -> None:
        """Put work on the queue, bring it forward, or withdraw it.

        Work that a worker holds is never withdrawn and never put off.
        """
        lane = (work.kind, tenant)
        row = self._row(lane, work.subject)
        if work.due_at is None:
            if row is not None and row.lease_until is None:
                del self._rows[lane][work.subject]
            return
        if row is None:
            row = _Row(due_at=work.due_at)
        elif row.lease_until is None:
            row.due_at = work.due_at
        else:
            row.due_at = min(row.due_at, work.due_at)
        row.touched += 1
        self._put(lane, work.subject, row)

    def claim(
        self,
        kind: WorkKind,
        *,
        now: datetime,
        limit: int,
        tenant: TenantId | None,
        lease: timedelta,
    ) -> Iterator[Claim]:
        """Lease work that is due, earliest first."""
        for _ in range(limit):
            front = self._earliest(kind, tenant)
            if front is None or front[0] > now:
                return
            _, whose, subject = front
            heappop(self._heaps[kind][whose])
            lane = (kind, whose)
            row = self._rows[lane][subject]
            self._fence += 1
            row.fence, row.lease_until = self._fence, now + lease
            self._put(lane, subject, row)
            yield Claim(
                tenant=whose,
                kind=kind,
                subject=subject,
                fence=row.fence,
                touched=row.touched,
                due_at=row.due_at,
            )

    def holds(self, claim: Claim) -> bool:
        """Return whether the lease is still the claimant's, run out or not."""
        row = self._row((claim.kind, claim.tenant), claim.subject)
        return row is not None and row.lease_until is not None and row.fence == claim.fence

    def release(self, release: Release) -> None:
        """End a lease that is held."""
        claim = release.claim
        lane = (claim.kind, claim.tenant)
        row = self._rows[lane][claim.subject]
        row.lease_until = None
        if row.touched != claim.touched:
            row.due_at = min(row.due_at, release.due_at or row.due_at)
        elif release.due_at is None:
            del self._rows[lane][claim.subject]
            return
        else:
            row.due_at = release.due_at
        self._put(lane, claim.subject, row)

    def next_due(self, *, tenant: TenantId | None) -> datetime | None:
        """Return when the earliest work can be claimed."""
        fronts = (self._earliest(kind, tenant) for kind in WorkKind)
        return min((front[0] for front in fronts if front is not None), default=None)

    def _row(self, lane: _Lane, subject: str) -> _Row | None:
        return self._rows.get(lane, {}).get(subject)

    def _put(self, lane: _Lane, subject: str, row: _Row) -> None:
        kind, tenant = lane
        self._rows.setdefault(lane, {})[subject] = row
        heappush(self._heaps[kind].setdefault(tenant, []), (row.free_at, subject))

    def _earliest(self, kind: WorkKind, tenant: TenantId | None) -> _Front | None:
        """Return what can be claimed first, or None."""
        found: _Front | None = None
        for whose, heap in self._heaps[kind].items():
            if tenant is not None and whose != tenant:
                continue
            rows = self._rows.get((kind, whose), {})
            while heap:
                at, subject = heap[0]
                row = rows.get(subject)
                if row is not None and row.free_at == at:
                    front = (at, whose, subject)
                    found = front if found is None else min(found, front)
                    break
                heappop(heap)
        return found
