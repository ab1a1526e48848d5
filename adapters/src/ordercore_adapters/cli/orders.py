"""``ordercore orders`` and ``ordercore redeliver``: look at orders, and act on them.

Commands that change an order record the decision and return; a worker carries it out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from attrs import evolve

from ordercore import (
    Caller,
    CancelOrder,
    ListOrders,
    Order,
    OrderHistory,
    RedeliverCredentials,
    Refusal,
    RestoreOrder,
)
from ordercore.app import UseCase
from ordercore.domain.orders.lifecycles import ProvisioningState
from ordercore.kernel.ids import OrderId
from ordercore_adapters.cli.faults import refused
from ordercore_adapters.cli.finding import operator, the_order
from ordercore_adapters.cli.hosting import DEFAULT_DB, Host, open_core, open_host
from ordercore_adapters.cli.options import Db, Json, Providers, Reason, Tenant, WhichOrder
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.views import (
    history_rows,
    order_row,
    order_summary,
    show_history,
    show_order,
    show_summaries,
)

__all__ = ["app", "cancel", "history", "list_orders", "redeliver", "restore", "show"]

_Act = Callable[[Caller, OrderId], UseCase[Order | Refusal]]

app = typer.Typer(help="Look at orders and act on them.", no_args_is_help=True)


@app.command("list")
def list_orders(
    tenant: Tenant,
    state: Annotated[ProvisioningState | None, typer.Option(help="Only these.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Hidden ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="ID", help="The next page.")] = None,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """List a tenant's orders, in the order of their ids."""
    out = Output(as_json=as_json)
    with open_core(db, providers=providers) as core:
        asked = ListOrders(
            caller=operator(tenant),
            state=state,
            hidden=everything or state is ProvisioningState.CANCELLED,
            after=OrderId(after) if after else None,
            limit=limit,
        )
        page = list(core.handle(asked))
        full = len(page) == limit
        more = full and core.handle(evolve(asked, after=page[-1].id, limit=1))
    following = page[-1].id if more else None
    if out.as_json:
        out.value({"orders": [order_summary(order) for order in page], "next_after": following})
        return
    show_summaries(out, page)
    if following:
        out.line(f"more: --after {following}")
    if not page:
        out.line(f"{tenant} has no such orders")


@app.command("show")
def show(
    order: WhichOrder,
    tenant: Tenant,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Show one order: items, ledger, timeline. Never its credentials."""
    out = Output(as_json=as_json)
    with open_core(db, providers=providers) as core:
        caller = operator(tenant)
        found = the_order(core, caller, order)
        records = core.handle(OrderHistory(caller=caller, order_id=found.id))
    if out.as_json:
        timeline = tuple(r for r in records if not r.kind.startswith("saga."))
        out.value({**order_row(found), "timeline": history_rows(timeline)})
    else:
        show_order(out, found, records)


@app.command("history")
def history(
    order: WhichOrder,
    tenant: Tenant,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Show the audit trail of one order: every transition, step and attempt."""
    out = Output(as_json=as_json)
    with open_core(db, providers=providers) as core:
        caller = operator(tenant)
        found = the_order(core, caller, order)
        records = core.handle(OrderHistory(caller=caller, order_id=found.id))
    if out.as_json:
        out.value({"order_id": found.id, "records": history_rows(records)})
    else:
        show_history(out, records)


@app.command("cancel")
def cancel(
    order: WhichOrder,
    tenant: Tenant,
    reason: Reason,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Cancel an order; what was built goes down, what was paid goes back."""

    def act(caller: Caller, order_id: OrderId) -> UseCase[Order | Refusal]:
        return CancelOrder(caller=caller, order_id=order_id, reason=reason)

    with open_host(db, providers=providers) as host:
        _change(Output(as_json=as_json), host, act, tenant=tenant, named=order)


@app.command("restore")
def restore(
    order: WhichOrder,
    tenant: Tenant,
    reason: Reason,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Bring a cancelled order back as a draft, once its refund has settled."""

    def act(caller: Caller, order_id: OrderId) -> UseCase[Order | Refusal]:
        return RestoreOrder(caller=caller, order_id=order_id, reason=reason)

    with open_host(db, providers=providers) as host:
        _change(Output(as_json=as_json), host, act, tenant=tenant, named=order)


def redeliver(
    order: WhichOrder,
    tenant: Tenant,
    db: Db = DEFAULT_DB,
    providers: Providers = None,
    as_json: Json = False,
) -> None:
    """Send the credentials of an order's active items once more, encrypted."""

    def act(caller: Caller, order_id: OrderId) -> UseCase[Order | Refusal]:
        return RedeliverCredentials(caller=caller, order_id=order_id)

    with open_host(db, providers=providers) as host:
        _change(Output(as_json=as_json), host, act, tenant=tenant, named=order)


def _change(out: Output, host: Host, act: _Act, *, tenant: str, named: str) -> None:
    caller = operator(tenant)
    found = the_order(host.core, caller, named)
    changed = host.core.handle(act(caller, found.id))
    if isinstance(changed, Refusal):
        raise refused(changed)
    if out.as_json:
        out.value(order_row(changed))
        return
    out.line(f"order {changed.reference} is {changed.state}")
    out.line("a worker does what follows: ordercore worker --until-idle")
