"""What the memory adapter holds: one set of tables per tenant, one queue of work, one lock.

Each tenant has tables of its own, so a reader that was handed one tenant's set cannot reach
another's rows. Whoever reads or writes holds the lock.
"""

from __future__ import annotations

from datetime import datetime
from threading import RLock

from attrs import Factory, define

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.inventory import Holding, Movement, StockLevel
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetter, Envelope, IdempotencyRecord
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import EventId, OrderId, SagaId, TenantId
from ordercore.ports import StoredOrder
from ordercore_adapters.memory.work import WorkQueue

__all__ = ["Tables", "TenantTables"]


@define
class TenantTables:
    """The rows of one tenant.

    Attributes:
        references: The customer's number to the order's id; kept for good.
        sagas_of: Ids of an order's sagas, in the order in which they were stored.
        audit: Records by position, of each order; likewise ``outbox`` by stream.
        published: When events were sent, by id.
        inbox: When messages were taken in, by consumer and message.
        letters: Dead letters by id.
        vault: Sealed credentials by item, of each order.
        stock: Levels by sku; ``movements`` the ledger they are the sum of, in order.
        holdings: What each order has of each sku.
        payments: The order that a payment pays, by kind and reference.
        numbers: The last number taken, by series.
        fences: The highest fence seen, by lock.
    """

    orders: dict[OrderId, StoredOrder] = Factory(dict)
    references: dict[str, OrderId] = Factory(dict)
    sagas: dict[SagaId, SagaState] = Factory(dict)
    sagas_of: dict[str, list[SagaId]] = Factory(dict)
    audit: dict[OrderId, dict[int, AuditRecord]] = Factory(dict)
    outbox: dict[str, dict[int, Envelope]] = Factory(dict)
    published: dict[EventId, datetime] = Factory(dict)
    idempotency: dict[tuple[str, str], IdempotencyRecord] = Factory(dict)
    inbox: dict[tuple[str, str], datetime] = Factory(dict)
    letters: dict[str, DeadLetter] = Factory(dict)
    vault: dict[OrderId, dict[str, SealedCredentials]] = Factory(dict)
    stock: dict[str, StockLevel] = Factory(dict)
    movements: dict[str, list[Movement]] = Factory(dict)
    holdings: dict[tuple[OrderId, str], Holding] = Factory(dict)
    payments: dict[tuple[str, str], OrderId] = Factory(dict)
    numbers: dict[str, int] = Factory(dict)
    fences: dict[str, int] = Factory(dict)

    def sagas_in_order(self, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return the sagas of an order, oldest first."""
        found = [self.sagas[saga_id] for saga_id in self.sagas_of.get(order_id, ())]
        return tuple(sorted(found, key=lambda state: state.started_at))


class Tables:
    """Everything that is stored.

    Attributes:
        lock: Held by every reader and writer; the thread that has it may take it again.
        work: What waits to be done, for all tenants.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.work = WorkQueue()
        self._tenants: dict[TenantId, TenantTables] = {}

    def of(self, tenant: TenantId) -> TenantTables:
        """Return the tables of one tenant, empty ones at first."""
        return self._tenants.setdefault(tenant, TenantTables())

    def tenants(self) -> tuple[TenantId, ...]:
        """Return every tenant that was ever asked for, in order."""
        return tuple(sorted(self._tenants))
