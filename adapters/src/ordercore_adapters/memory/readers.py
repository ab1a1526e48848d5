"""The reading side, one small class per port."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.insight import OrderGroup, order_group
from ordercore.domain.orders import Order
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import (
    DeadLetter,
    DeadLetterStatus,
    Envelope,
    IdempotencyRecord,
)
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.ports import StoredOrder
from ordercore_adapters.memory.tables import Tables

__all__ = [
    "MemoryAudit",
    "MemoryCache",
    "MemoryDeadLetters",
    "MemoryIdempotency",
    "MemoryInbox",
    "MemoryOrders",
    "MemoryOutbox",
    "MemoryReadModels",
    "MemorySagas",
    "MemoryVault",
]


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables


class MemoryOrders(_Reader):
    """Orders of one tenant."""

    async def get(self, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        """Return the order, hidden or not."""
        with self._tables.lock:
            return self._tables.of(tenant).orders.get(order_id)

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        """Return the order with the customer's reference."""
        with self._tables.lock:
            rows = self._tables.of(tenant)
            order_id = rows.references.get(reference)
            return None if order_id is None else rows.orders[order_id]

    async def list(
        self,
        tenant: TenantId,
        *,
        state: str | None = None,
        hidden: bool = False,
        after: OrderId | None = None,
        limit: int = 50,
    ) -> tuple[Order, ...]:
        """Return orders by id, beginning after ``after``."""
        with self._tables.lock:
            orders = self._tables.of(tenant).orders
            wanted = sorted(order_id for order_id in orders if after is None or order_id > after)
            found = (orders[order_id].order for order_id in wanted)
            shown = (
                order
                for order in found
                if (hidden or order.deleted_at is None) and state in (None, order.state)
            )
            return tuple(islice(shown, limit))


class MemorySagas(_Reader):
    """Sagas of one tenant."""

    async def get(self, tenant: TenantId, saga_id: SagaId) -> SagaState | None:
        """Return the saga, or None."""
        with self._tables.lock:
            return self._tables.of(tenant).sagas.get(saga_id)

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        """Return every saga of the order, oldest first."""
        with self._tables.lock:
            return self._tables.of(tenant).sagas_in_order(order_id)


class MemoryAudit(_Reader):
    """The audit trail of one tenant."""

    async def history(
        self, tenant: TenantId, order_id: OrderId, *, after: int = 0
    ) -> tuple[AuditRecord, ...]:
        """Return the order's records above ``after``, in order."""
        with self._tables.lock:
            records = self._tables.of(tenant).audit.get(order_id, {})
            return tuple(records[seq] for seq in sorted(records) if seq > after)


class MemoryOutbox(_Reader):
    """Events of one tenant, sent and unsent."""

    async def pending(
        self, tenant: TenantId, stream: str, *, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the unsent events of a stream, in order."""
        with self._tables.lock:
            rows = self._tables.of(tenant)
            events = rows.outbox.get(stream, {})
            unsent = (events[s] for s in sorted(events) if events[s].id not in rows.published)
            return tuple(islice(unsent, limit))

    async def feed(
        self, tenant: TenantId, stream: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the events of a stream above ``after``, in order."""
        with self._tables.lock:
            events = self._tables.of(tenant).outbox.get(stream, {})
            later = (events[seq] for seq in sorted(events) if seq > after)
            return tuple(islice(later, limit))


class MemoryIdempotency(_Reader):
    """Answers given, by operation and key."""

    async def get(self, tenant: TenantId, operation: str, key: str) -> IdempotencyRecord | None:
        """Return the record, expired or not."""
        with self._tables.lock:
            return self._tables.of(tenant).idempotency.get((operation, key))


class MemoryInbox(_Reader):
    """Messages taken in, by consumer."""

    async def seen(self, tenant: TenantId, consumer: str, message_id: str) -> bool:
        """Return whether the consumer has taken this message in."""
        with self._tables.lock:
            return (consumer, message_id) in self._tables.of(tenant).inbox


class MemoryDeadLetters(_Reader):
    """Work given up."""

    async def get(self, tenant: TenantId, letter_id: str) -> DeadLetter | None:
        """Return the letter, or None."""
        with self._tables.lock:
            return self._tables.of(tenant).letters.get(letter_id)

    async def list(
        self,
        tenant: TenantId,
        *,
        status: DeadLetterStatus | None = DeadLetterStatus.OPEN,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Return letters, oldest first."""
        with self._tables.lock:
            letters = self._tables.of(tenant).letters.values()
            found = [letter for letter in letters if status in (None, letter.status)]
            return tuple(sorted(found, key=lambda letter: (letter.at, letter.id))[:limit])


class MemoryVault(_Reader):
    """Sealed credentials."""

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SealedCredentials, ...]:
        """Return the sealed credentials of an order's items, by item id."""
        with self._tables.lock:
            sealed = self._tables.of(tenant).vault.get(order_id, {})
            return tuple(sealed[item] for item in sorted(sealed))


class MemoryReadModels(_Reader):
    """Sums over a tenant's orders."""

    async def groups(
        self, tenant: TenantId, *, day: datetime, week: datetime, month: datetime
    ) -> tuple[OrderGroup, ...]:
        """Return one group per state and currency, in that order."""
        with self._tables.lock:
            orders = [stored.order for stored in self._tables.of(tenant).orders.values()]
        groups: dict[tuple[str, str], list[Order]] = {}
        for order in orders:
            groups.setdefault((order.state, order.currency), []).append(order)
        return tuple(
            _group(state, currency, groups[state, currency], day=day, week=week, month=month)
            for state, currency in sorted(groups)
        )


class MemoryCache:
    """Text by key until it expires; expired entries leave when they are asked for."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, datetime]] = {}

    async def get(self, key: str, *, now: datetime) -> str | None:
        """Return the entry unless it has expired."""
        value, expires_at = self._entries.get(key, (None, now))
        if expires_at > now:
            return value
        self._entries.pop(key, None)
        return None

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep an entry until it expires."""
        self._entries[key] = (value, expires_at)


def _group(
    state: str,
    currency: str,
    orders: list[Order],
    *,
    day: datetime,
    week: datetime,
    month: datetime,
) -> OrderGroup:
    sums = [order_group(order) for order in orders]
    return OrderGroup(
        state=state,
        currency=currency,
        orders=len(orders),
        submitted=sum(submitted for submitted, _, _ in sums),
        today=sum(order.created_at >= day for order in orders),
        week=sum(order.created_at >= week for order in orders),
        month=sum(order.created_at >= month for order in orders),
        value_minor=sum(value for _, value, _ in sums),
        revenue_minor=sum(revenue for _, _, revenue in sums),
    )
