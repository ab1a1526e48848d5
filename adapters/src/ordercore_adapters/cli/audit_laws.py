"""``ordercore audit``: the conservation laws, checked on a database as it is.

Only the laws that need nothing but the database: the trail folds to the row, the chain is whole,
the ledger is not overdrawn, nobody is forgotten by the workers, the outbox says what the trail
says. Orders are read one by one, so the size of the database does not matter; it may be in use
meanwhile, since an order that changes while it is looked at is looked at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from attrs import frozen

from ordercore import Caller, ListOrders, Order, OrderCore, Ports
from ordercore.domain.processes import OVERDUE, OrderRules, timer_subject
from ordercore.domain.processes.retail import HOLD_ENDS
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import SHORTEST_KEPT, Envelope, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import StoredOrder
from ordercore_adapters.cli.audit_stock import STOCK_LAW, judged_stock
from ordercore_adapters.cli.faults import CommandFault, ExitCode, wrong_use
from ordercore_adapters.cli.finding import operator
from ordercore_adapters.cli.hosting import DEFAULT_DB, check_no_folder
from ordercore_adapters.cli.options import Db, Json
from ordercore_adapters.cli.output import Output

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["audit"]

_PAGE = 200
_TRIES = 20
_SHOWN = 100
_Due = frozenset[tuple[WorkKind, str]]


def audit(
    context: typer.Context,
    db: Db = DEFAULT_DB,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Only this tenant's orders.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the conservation laws on every order of a database. Exits with 1 when one is broken."""
    if context.invoked_subcommand is not None:
        return
    out = Output(as_json=as_json)
    checked: Counter[str] = Counter()
    broken: list[dict[str, str]] = []
    orders = 0
    with _opened(db) as (core, connection):
        for each in [tenant] if tenant else _tenants(connection):
            for order in _all(core, operator(each)):
                orders += 1
                for law, found in _judged(core, connection, order):
                    checked[law] += 1
                    broken += [_row(each, order.id, law, text) for text in found]
            for sku, found in judged_stock(core, connection, each):
                checked[STOCK_LAW] += 1
                broken += [_row(each, sku, STOCK_LAW, text) for text in found]
    if out.as_json:
        out.value({"orders": orders, "laws": dict(sorted(checked.items())), "violations": broken})
    else:
        out.line(f"{orders} orders")
        out.table(("law", "checked#"), sorted(checked.items()))
        shown = [(row["order"], row["law"], row["text"]) for row in broken[:_SHOWN]]
        if shown:
            out.table(("order or sku", "law", "what is wrong"), shown)
            out.table(("law", "what is promised", "what should be there"), _promised(broken))
    if broken:
        raise CommandFault(
            "law_broken", f"{len(broken)} violations found", exit_code=ExitCode.REFUSED
        )


def _row(tenant: str, named: str, law: str, text: str) -> dict[str, str]:
    from ordercore.testing.verdicts import LAWS

    about = {"tenant": tenant, "order": named, "law": law, "text": text}
    return about | {"promise": LAWS[law].promise, "expected": LAWS[law].expected}


def _promised(broken: list[dict[str, str]]) -> list[tuple[str, ...]]:
    rows = {row["law"]: (row["law"], row["promise"], row["expected"]) for row in broken}
    return sorted(rows.values())


@contextmanager
def _opened(db: str) -> Iterator[tuple[OrderCore, Connection]]:
    import sqlalchemy as sa

    from ordercore_adapters import sqlalchemy as sql

    url = db if "://" in db else f"sqlite:///{db}"
    path = url.removeprefix("sqlite:///")
    if path != url:
        check_no_folder(Path(path))
    if path != url and not Path(path).is_file():
        raise wrong_use("no_database", f"there is no {path}", db=path)
    if not url.startswith(("sqlite:", "postgresql")):
        raise wrong_use("unknown_database", f"{db!r} is no database to audit")
    plain = url if url.startswith("sqlite:") else "postgresql+psycopg://" + url.partition("://")[2]
    with (
        OrderCore(sql.ports(url, migrate=False)) as core,
        sa.create_engine(plain, poolclass=sa.NullPool).connect() as connection,
    ):
        yield core, connection


def _tenants(connection: Connection) -> list[str]:
    import sqlalchemy as sa

    found = connection.execute(sa.text("SELECT DISTINCT tenant FROM orders ORDER BY tenant"))
    tenants = [str(row[0]) for row in found]
    connection.rollback()
    if not tenants and connection.dialect.name == "postgresql":
        raise wrong_use("no_tenant_seen", "this login sees no order of itself; give --tenant")
    return tenants


def _all(core: OrderCore, caller: Caller) -> Iterator[Order]:
    page = core.handle(ListOrders(caller=caller, hidden=True, limit=_PAGE))
    while page:
        yield from page
        after = page[-1].id
        page = core.handle(ListOrders(caller=caller, hidden=True, after=after, limit=_PAGE))


@frozen(kw_only=True)
class _Seen:
    """All that is stored of one order."""

    stored: StoredOrder
    history: tuple[AuditRecord, ...]
    sagas: tuple[SagaState, ...]
    events: tuple[Envelope, ...]
    waiting: bool


@frozen(kw_only=True)
class _Look:
    """Read all of an order, as it is at one instant as far as its version can tell."""

    tenant: TenantId
    order_id: OrderId

    async def run(self, ports: Ports) -> _Seen:
        tenant, order_id = self.tenant, self.order_id
        events: list[Envelope] = []
        while page := await ports.outbox.feed(
            tenant, order_id, after=events[-1].seq if events else 0
        ):
            events += page
        waiting = bool(await ports.outbox.pending(tenant, order_id, limit=1))
        history = await ports.audit.history(tenant, order_id)
        sagas = await ports.sagas.of_order(tenant, order_id)
        stored = await ports.orders.get(tenant, order_id)
        if stored is None:
            raise NotFound(kind="order", id=order_id)
        return _Seen(
            stored=stored, history=history, sagas=sagas, events=tuple(events), waiting=waiting
        )


def _judged(core: OrderCore, connection: Connection, order: Order) -> list[tuple[str, list[str]]]:
    """Return each law with what it found; an order that is being written is read again."""
    look = _Look(tenant=order.tenant, order_id=order.id)
    rules = core.ports.rules(order)
    timers = (OVERDUE, HOLD_ENDS, *(timer.trigger for timer in rules.lifecycle.timeouts))
    verdict: list[tuple[str, list[str]]] = []
    for _ in range(_TRIES):
        before = core.handle(look)
        due = _due(connection, before, timers)
        verdict = [*_laws(before, core.ports.clock.now()), *_laws_of_work(before, due, rules)]
        if not any(found for _, found in verdict):
            break
        after = core.handle(look)
        if after == before and due == _due(connection, after, timers):
            break
    return verdict


def _due(connection: Connection, seen: _Seen, timers: tuple[str, ...]) -> _Due:
    import sqlalchemy as sa

    order = seen.stored.order
    named = (timer_subject(order.id, timer) for timer in timers)
    subjects = [order.id, *named, *(saga.id for saga in seen.sagas)]
    if connection.dialect.name == "postgresql":
        tenancy = sa.text("SELECT set_config('ordercore.tenant', :tenant, true)")
        connection.execute(tenancy, {"tenant": order.tenant})
    wanted = sa.text(
        "SELECT kind, subject FROM work WHERE tenant = :tenant AND subject IN :subjects"
    ).bindparams(sa.bindparam("subjects", expanding=True))
    rows = connection.execute(wanted, {"tenant": order.tenant, "subjects": subjects}).all()
    connection.rollback()
    return frozenset((WorkKind(kind), str(subject)) for kind, subject in rows)


def _laws(seen: _Seen, now: datetime) -> list[tuple[str, list[str]]]:
    from ordercore.testing import laws, sale_laws

    order, history = seen.stored.order, seen.history
    found = [
        ("fold_equals_row", laws.fold_equals_row(order, history)),
        ("audit_chain_whole", laws.audit_chain_whole(history, chain=seen.stored.chain)),
        ("items_as_ordered", laws.items_as_ordered(order, history)),
        ("hidden_when_cancelled", laws.hidden_when_cancelled(order)),
        ("ledger_never_overdrawn", laws.ledger_never_overdrawn(order)),
        ("outbox_is_the_trail", _outbox_is_the_trail(seen, now)),
    ]
    if order.sale is not None:
        found += [
            ("attempts_never_overdrawn", sale_laws.attempts_never_overdrawn(order)),
            ("documents_follow_goods", sale_laws.documents_follow_goods(order)),
        ]
    return found


def _laws_of_work(seen: _Seen, due: _Due, rules: OrderRules) -> list[tuple[str, list[str]]]:
    """Return the laws by which nothing is forgotten."""
    from ordercore.testing import laws, sale_laws
    from ordercore.testing.target_laws import said_overdue, targets_are_watched

    order, sagas = seen.stored.order, seen.sagas
    asked: dict[str, datetime] = {
        saga.id: saga.started_at for saga in sagas if (WorkKind.SAGA, saga.id) in due
    }
    forgotten = seen.waiting and (WorkKind.STREAM, order.id) not in due
    moves_on = laws.order_moves_on(order, sagas, due, lifecycle=rules.lifecycle)
    if order.sale is not None:
        moves_on += sale_laws.sale_moves_on(order, sagas, due)
    said = said_overdue(seen.history)
    found = [
        ("order_moves_on", moves_on),
        ("saga_has_a_timer", laws.saga_has_a_timer(sagas, asked)),
        ("targets_are_watched", targets_are_watched(order, said, due, targets=rules.targets)),
        ("events_leave", ["events wait, and no worker is asked for"] if forgotten else []),
    ]
    if order.sale is not None:
        found.append(("holds_are_watched", sale_laws.holds_are_watched(order, due)))
    return found


def _outbox_is_the_trail(seen: _Seen, now: datetime) -> list[str]:
    """Compare the two, but for what may have been swept: the oldest, and no sooner than allowed."""
    from ordercore.testing import laws

    first = seen.events[0].seq if seen.events else None
    wanted = tuple(
        record
        for record in seen.history
        if record.at > now - SHORTEST_KEPT or (first is not None and record.seq >= first)
    )
    return laws.events_published_once(seen.events, wanted, complete=True)
