"""The one port that writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from ordercore.engine.messaging import LEASE, Claim, Release, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports.batch import Batch, StoredOrder

__all__ = ["Decide", "Store"]

Decide = Callable[[StoredOrder, tuple[SagaState, ...]], Batch | Refusal]
"""A pure decision over a locked order and its sagas."""


class Store(Protocol):
    """Atomic writes, and leases on work that is due."""

    async def commit(self, batch: Batch) -> None:
        """Write the whole batch or nothing.

        Raises:
            ConcurrencyConflict: a version is stale, or a new order, reference, idempotency key or
                inbox mark exists already, or a payment pays another order, or a number is not the
                next of its series; ``kind`` says which (``order``, ``saga``, ``reference``,
                ``idempotency``, ``inbox``, ``payment``, ``number``).
            LeaseLost: a lease the batch releases is no longer held, or somebody has written under
                a higher fence.
            StockShort: there is too little of something; all of it is listed.
        """
        ...

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        """Lock the order, decide, and write the resulting batch, in one transaction.

        For orders that many writers contend for: they queue up instead of colliding.

        Raises:
            NotFound: there is no such order in this tenant.
            LeaseLost: as for `commit`; likewise the ConcurrencyConflict of a number or a payment,
                and StockShort.
        """
        ...

    async def claim(
        self,
        kind: WorkKind,
        *,
        now: datetime,
        limit: int = 1,
        tenant: TenantId | None = None,
        lease: timedelta = LEASE,
    ) -> tuple[Claim, ...]:
        """Lease up to ``limit`` pieces of work that are due, earliest first.

        Work that somebody else holds is skipped. Without a tenant, work of every tenant is served.
        """
        ...

    async def release(self, release: Release) -> None:
        """End a lease without writing anything else; a lost lease is no error here."""
        ...

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        """Return when work is due next, or a lease on due work ends; None: never."""
        ...
