"""The laws that the library publishes, over a shop, through the readers of the library itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ordercore.app import Caller, OrderCore, OrderHistory
from ordercore.app._drive import drive
from ordercore.domain.inventory import Holding, Movement, holdings
from ordercore.domain.orders import Order
from ordercore.engine.messaging import WorkKind
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Ports
from ordercore.testing import laws, sale_laws
from ordercore.testing.payment_laws import captures_never_overdrawn
from ordercore.testing.stock_laws import stock_violations
from ordercore_adapters import sqlalchemy
from tests.kill.verify import Books

Holdings: TypeAlias = dict[tuple[OrderId, str], Holding]
Waiting: TypeAlias = set[tuple[WorkKind, str]]


def violations(books: Books) -> Iterator[str]:
    """Say which law is broken; each has to hold at any moment."""
    with OrderCore(sqlalchemy.ports(books.url)) as core:
        for (name,) in books.orders("SELECT DISTINCT tenant FROM stock"):
            tenant = TenantId(name)
            held: Holdings = {}
            for found in _stock(books, core.ports, tenant, held):
                yield f"{tenant}: {found}"
            orders, waiting = [], _waiting(books, tenant)
            for (order_id,) in books.orders(f"SELECT id FROM orders WHERE tenant = '{tenant}'"):
                stored = drive(core.ports.orders.get(tenant, OrderId(order_id)))
                assert stored is not None
                orders.append(stored.order)
                for found in _order(core, stored.order, held, waiting):
                    yield f"{tenant}/{order_id}: {found}"
            yield from sale_laws.numbers_gapless(orders)


def _stock(books: Books, ports: Ports, tenant: TenantId, held: Holdings) -> Iterator[str]:
    """Look at every shelf, and note who has what."""
    for (sku,) in books.orders(f"SELECT sku FROM stock WHERE tenant = '{tenant}'"):
        (level,) = drive(ports.stock.levels(tenant, (sku,)))
        ledger: tuple[Movement, ...] = drive(ports.stock.movements(tenant, sku, limit=10_000))
        held.update(holdings(ledger))
        yield from stock_violations(level, ledger)


def _waiting(books: Books, tenant: TenantId) -> Waiting:
    """Return everything that is scheduled or leased."""
    rows = books.orders(
        f"SELECT kind, subject FROM work WHERE tenant = '{tenant}' "
        "AND (due_at IS NOT NULL OR lease_until IS NOT NULL)"
    )
    return {(WorkKind(kind), subject) for kind, subject in rows}


def _order(core: OrderCore, order: Order, held: Holdings, waiting: Waiting) -> Iterator[str]:
    caller = Caller.of(order.tenant, "auditor", role="operator")
    history = core.handle(OrderHistory(caller=caller, order_id=order.id))
    sagas = drive(core.ports.sagas.of_order(order.tenant, order.id))
    own = {sku: has for (order_id, sku), has in held.items() if order_id == order.id}
    yield from laws.fold_equals_row(order, history)
    yield from laws.ledger_never_overdrawn(order)
    yield from laws.items_as_ordered(order, history)
    yield from laws.hidden_when_cancelled(order)
    yield from captures_never_overdrawn(order.ledger)
    yield from sale_laws.attempts_never_overdrawn(order)
    yield from sale_laws.units_add_up(order, own)
    yield from sale_laws.documents_follow_goods(order)
    yield from sale_laws.sale_moves_on(order, sagas, waiting)
