"""The reading side of the outsider's store, and the bundle it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import Factory, define, evolve

from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.insight import OrderGroup, order_group
from ordercore.domain.inventory import Movement, StockLevel
from ordercore.domain.orders import Order
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus, Envelope, IdempotencyRecord
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.ports import Clock, Ids, Ports, StoredOrder
from ordercore_adapters import memory
from tests.thirdparty.faults import Fault
from tests.thirdparty.faulty_store import FaultyStore
from tests.thirdparty.shelves import Shelves

__all__ = ["faulty_ports"]


def faulty_ports(clock: Clock, ids: Ids, *, fault: Fault) -> Ports:
    """Return a bundle whose storage is the outsider's, over empty shelves."""
    shelves = Shelves()
    readers: dict[str, Any] = {
        "orders": _Orders(shelves, fault),
        "sagas": _Sagas(shelves),
        "audit": _Audit(shelves),
        "outbox": _Outbox(shelves, fault),
        "idempotency": _Idempotency(shelves),
        "inbox": _Inbox(shelves),
        "dead_letters": _Letters(shelves),
        "vault": _Vault(shelves),
        "numbers": _Numbers(shelves),
        "read_models": _Groups(shelves),
        "stock": _Stock(shelves),
    }
    rest = memory.ports(clock=clock, ids=ids)
    return evolve(rest, store=FaultyStore(shelves, clock, fault), **readers)


@define
class _Orders:
    shelves: Shelves
    fault: Fault
    known: dict[tuple[TenantId, OrderId], StoredOrder | None] = Factory(dict)

    async def get(self, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        key = (tenant, order_id)
        found = self.shelves.orders.get(key)
        if self.fault is Fault.REMEMBERED_ROWS:
            found = self.known.setdefault(key, found)
        return None if found is None else self._read(found)

    async def by_reference(self, tenant: TenantId, reference: str) -> StoredOrder | None:
        owners = [tenant]
        if self.fault is Fault.LEAKED_ROWS:
            owners += [owner for owner, _ in self.shelves.references]
        for owner in owners:
            order_id = self.shelves.references.get((owner, reference))
            if order_id is not None:
                return self._read(self.shelves.orders[owner, order_id])
        return None

    async def list(
        self,
        tenant: TenantId,
        *,
        state: str | None = None,
        hidden: bool = False,
        after: OrderId | None = None,
        limit: int = 50,
    ) -> tuple[Order, ...]:
        ids = sorted(o for t, o in self.shelves.orders if t == tenant and o > (after or ""))
        found = [self._read(self.shelves.orders[tenant, each]).order for each in ids]
        shown = [order for order in found if hidden or order.deleted_at is None]
        return tuple(order for order in shown if state in (None, order.state))[:limit]

    def _read(self, stored: StoredOrder) -> StoredOrder:
        order, entered = stored.order, stored.order.life.entered_at
        if self.fault is Fault.ROUNDED_INSTANTS:
            entered = entered.replace(microsecond=0)
        if self.fault is Fault.NAIVE_INSTANTS:
            entered = entered.replace(tzinfo=None)
        return evolve(stored, order=evolve(order, life=evolve(order.life, entered_at=entered)))


@define
class _Sagas:
    shelves: Shelves

    async def get(self, tenant: TenantId, saga_id: SagaId) -> SagaState | None:
        return self.shelves.sagas.get((tenant, saga_id))

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SagaState, ...]:
        return self.shelves.sagas_of(tenant, order_id)


@define
class _Audit:
    shelves: Shelves

    async def history(
        self, tenant: TenantId, order_id: OrderId, *, after: int = 0
    ) -> tuple[AuditRecord, ...]:
        rows = self.shelves.audit.items()
        found = [r for (t, o, seq), r in rows if (t, o) == (tenant, order_id) and seq > after]
        return tuple(sorted(found, key=lambda record: record.seq))


@define
class _Outbox:
    shelves: Shelves
    fault: Fault

    async def pending(
        self, tenant: TenantId, stream: str, *, limit: int = 100
    ) -> tuple[Envelope, ...]:
        sent = self.shelves.published
        rows = [e for e in self._stream(tenant, stream) if (tenant, e.id) not in sent]
        if self.fault is Fault.JUMBLED_EVENTS:
            rows.sort(key=lambda event: str(event.seq))
        return tuple(rows[:limit])

    async def feed(
        self, tenant: TenantId, stream: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Envelope, ...]:
        return tuple(e for e in self._stream(tenant, stream) if e.seq > after)[:limit]

    def _stream(self, tenant: TenantId, stream: str) -> list[Envelope]:
        rows = self.shelves.events.items()
        found = [event for (t, s, _), event in rows if (t, s) == (tenant, stream)]
        return sorted(found, key=lambda event: event.seq)


@define
class _Idempotency:
    shelves: Shelves

    async def get(self, tenant: TenantId, operation: str, key: str) -> IdempotencyRecord | None:
        return self.shelves.answers.get((tenant, operation, key))


@define
class _Inbox:
    shelves: Shelves

    async def seen(self, tenant: TenantId, consumer: str, message_id: str) -> bool:
        return (tenant, consumer, message_id) in self.shelves.inbox


@define
class _Letters:
    shelves: Shelves

    async def get(self, tenant: TenantId, letter_id: str) -> DeadLetter | None:
        return self.shelves.letters.get((tenant, letter_id))

    async def list(
        self,
        tenant: TenantId,
        *,
        status: DeadLetterStatus | None = DeadLetterStatus.OPEN,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        rows = self.shelves.letters.items()
        found = [x for (t, _), x in rows if t == tenant and status in (None, x.status)]
        return tuple(sorted(found, key=lambda letter: (letter.at, letter.id))[:limit])


@define
class _Vault:
    shelves: Shelves

    async def of_order(self, tenant: TenantId, order_id: OrderId) -> tuple[SealedCredentials, ...]:
        vault = self.shelves.vault
        return tuple(vault[key] for key in sorted(vault) if key[:2] == (tenant, order_id))


@define
class _Numbers:
    shelves: Shelves

    async def next(self, tenant: TenantId, series: str) -> int:
        return self.shelves.numbers.get((tenant, series), 0) + 1


@define
class _Stock:
    shelves: Shelves

    async def levels(self, tenant: TenantId, skus: Sequence[str]) -> tuple[StockLevel, ...]:
        levels = self.shelves.levels
        return tuple(levels[tenant, sku] for sku in sorted(set(skus)) if (tenant, sku) in levels)

    async def movements(
        self, tenant: TenantId, sku: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Movement, ...]:
        ledger = self.shelves.movements
        found = [ledger[key] for key in sorted(ledger) if key[:2] == (tenant, sku)]
        return tuple(found[after : after + limit])


@define
class _Groups:
    shelves: Shelves

    async def groups(
        self, tenant: TenantId, *, day: datetime, week: datetime, month: datetime
    ) -> tuple[OrderGroup, ...]:
        orders = [row.order for (owner, _), row in self.shelves.orders.items() if owner == tenant]
        kinds = sorted({(order.state, order.currency) for order in orders})
        return tuple(
            _group(state, currency, _alike(orders, state, currency), (day, week, month))
            for state, currency in kinds
        )


def _alike(orders: Iterable[Order], state: str, currency: str) -> list[Order]:
    return [each for each in orders if (each.state, each.currency) == (state, currency)]


def _group(
    state: str, currency: str, orders: list[Order], since: tuple[datetime, datetime, datetime]
) -> OrderGroup:
    sums = [order_group(order) for order in orders]
    today, week, month = (sum(order.created_at >= start for order in orders) for start in since)
    return OrderGroup(
        state=state,
        currency=currency,
        orders=len(orders),
        submitted=sum(submitted for submitted, _, _ in sums),
        today=today,
        week=week,
        month=month,
        value_minor=sum(value for _, value, _ in sums),
        revenue_minor=sum(revenue for _, _, revenue in sums),
    )
