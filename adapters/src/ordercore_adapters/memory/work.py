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
        self._heaps: dict[_Lane, list[_Entry]] = {}
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
            lane = self._earliest(kind=kind, tenant=tenant)
            if lane is None or self._heaps[lane][0][0] > now:
                return
            _, subject = heappop(self._heaps[lane])
            row = self._rows[lane][subject]
            self._fence += 1
            row.fence, row.lease_until = self._fence, now + lease
            self._put(lane, subject, row)
            yield Claim(
                tenant=lane[1],
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
        lane = self._earliest(kind=None, tenant=tenant)
        return None if lane is None else self._heaps[lane][0][0]

    def _row(self, lane: _Lane, subject: str) -> _Row | None:
        return self._rows.get(lane, {}).get(subject)

    def _put(self, lane: _Lane, subject: str, row: _Row) -> None:
        self._rows.setdefault(lane, {})[subject] = row
        heappush(self._heaps.setdefault(lane, []), (row.free_at, subject))

    def _earliest(self, *, kind: WorkKind | None, tenant: TenantId | None) -> _Lane | None:
        found: tuple[datetime, TenantId, str, _Lane] | None = None
        for lane in self._heaps:
            if kind not in (None, lane[0]) or tenant not in (None, lane[1]):
                continue
            top = self._top(lane)
            if top is not None:
                candidate = (top[0], lane[1], top[1], lane)
                found = candidate if found is None else min(found, candidate)
        return None if found is None else found[-1]

    def _top(self, lane: _Lane) -> _Entry | None:
        heap = self._heaps[lane]
        while heap:
            at, subject = heap[0]
            row = self._row(lane, subject)
            if row is not None and row.free_at == at:
                return heap[0]
            heappop(heap)
        return None
