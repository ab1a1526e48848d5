"""Where the outsider's store keeps its rows: one dictionary for each kind, by tenant first."""

from __future__ import annotations

from datetime import datetime
from threading import RLock

import attrs
from attrs import Factory, define, frozen

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.inventory import Holding, Movement, StockLevel
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetter, Envelope, IdempotencyRecord, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import EventId, OrderId, SagaId, TenantId
from ordercore.ports import StoredOrder

__all__ = ["Job", "Shelves"]


@frozen(kw_only=True)
class Job:
    """A piece of work."""

    due_at: datetime
    touched: int = 0
    fence: int = 0
    leased_until: datetime | None = None

    @property
    def free_at(self) -> datetime:
        """When it can be claimed."""
        return self.leased_until or self.due_at


@define
class Shelves:
    """All rows; a writer holds the lock, works on a copy and has it taken over at the end."""

    orders: dict[tuple[TenantId, OrderId], StoredOrder] = Factory(dict)
    references: dict[tuple[TenantId, str], OrderId] = Factory(dict)
    sagas: dict[tuple[TenantId, SagaId], SagaState] = Factory(dict)
    audit: dict[tuple[TenantId, str, int], AuditRecord] = Factory(dict)
    events: dict[tuple[TenantId, str, int], Envelope] = Factory(dict)
    published: set[tuple[TenantId, EventId]] = Factory(set)
    answers: dict[tuple[TenantId, str, str], IdempotencyRecord] = Factory(dict)
    inbox: set[tuple[TenantId, str, str]] = Factory(set)
    letters: dict[tuple[TenantId, str], DeadLetter] = Factory(dict)
    vault: dict[tuple[TenantId, str, str], SealedCredentials] = Factory(dict)
    payments: dict[tuple[TenantId, str, str], OrderId] = Factory(dict)
    fences: dict[tuple[TenantId, str], int] = Factory(dict)
    numbers: dict[tuple[TenantId, str], int] = Factory(dict)
    levels: dict[tuple[TenantId, str], StockLevel] = Factory(dict)
    held: dict[tuple[TenantId, OrderId, str], Holding] = Factory(dict)
    movements: dict[tuple[TenantId, str, int], Movement] = Factory(dict)
    jobs: dict[tuple[TenantId, WorkKind, str], Job] = Factory(dict)
    last_fence: int = 0
    lock: RLock = Factory(RLock)

    def copy(self) -> Shelves:
        """Return shelves with the same rows, for a writer that may have to give up."""
        draft = Shelves()
        for each in attrs.fields(Shelves):
            rows = getattr(self, each.name)
            setattr(draft, each.name, rows.copy() if isinstance(rows, dict | set) else rows)
        return draft

    def take_over(self, draft: Shelves) -> None:
        """Have the rows of a draft."""
        for each in attrs.fields(Shelves):
            setattr(self, each.name, getattr(draft, each.name))

    def sagas_of(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return an order's sagas, oldest first."""
        found = (
            saga
            for (owner, _), saga in self.sagas.items()
            if owner == tenant and saga.subject == order_id
        )
        return tuple(sorted(found, key=lambda saga: saga.started_at))
