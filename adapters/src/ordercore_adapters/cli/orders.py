"""``ordercore orders`` and ``ordercore redeliver``: look at orders, and act on them.

Commands that change an order record the decision and return; a worker carries it out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from attrs import evolve

from ordercore import (
    CancelOrder,
    ListOrders,
    Order,
    OrderHistory,
    PriceCut,
    RedeliverCredentials,
    Refusal,
    RepriceOrder,
    ResendLetter,
    RestoreOrder,
)
from ordercore.app import UseCase
from ordercore.domain.orders import RepriceReason
from ordercore.domain.orders.lifecycles import ProvisioningState, RetailState
from ordercore.engine.audit import AuditRecord
from ordercore.kernel.ids import OrderId
from ordercore_adapters.cli.desk import Desk, at_desk
from ordercore_adapters.cli.faults import granted, wrong_use
from ordercore_adapters.cli.finding import the_order
from ordercore_adapters.cli.line_amounts import amounts
from ordercore_adapters.cli.options import Reason, WhichOrder
from ordercore_adapters.cli.views import (
    history_rows,
    order_row,
    order_summary,
    show_history,
    show_order,
    show_summaries,
)

__all__ = [
    "app",
    "cancel",
    "history",
    "list_orders",
    "redeliver",
    "reprice",
    "resend",
    "restore",
    "show",
]

app = typer.Typer(help="Look at orders and act on them.", no_args_is_help=True)

_STATES = frozenset({*ProvisioningState, *RetailState})


@app.command("list")
@at_desk
def list_orders(
    desk: Desk,
    state: Annotated[str | None, typer.Option(help="Only these, of any kind of order.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Hidden ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    after: Annotated[str | None, typer.Option(metavar="ID", help="The next page.")] = None,
) -> None:
    """List a tenant's orders, in the order of their ids."""
    out = desk.out
    if state is not None and state not in _STATES:
        allowed = ", ".join(sorted(_STATES))
        raise wrong_use("wrong_use", f"--state: there is no {state[:40]!r}", allowed=allowed)
    with desk.look() as core:
        asked = ListOrders(
            caller=desk.caller,
            state=state,
            hidden=everything or state == ProvisioningState.CANCELLED,
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
        out.line(f"{desk.tenant} has no such orders")


@app.command("show")
@at_desk
def show(desk: Desk, order: WhichOrder) -> None:
    """Show one order: items, ledger, timeline. Never its credentials."""
    found, records = _with_history(desk, order)
    if desk.out.as_json:
        timeline = tuple(r for r in records if not r.kind.startswith("saga."))
        desk.out.value({**order_row(found), "timeline": history_rows(timeline)})
    else:
        show_order(desk.out, found, records)


@app.command("history")
@at_desk
def history(desk: Desk, order: WhichOrder) -> None:
    """Show the audit trail of one order: every transition, step and attempt."""
    found, records = _with_history(desk, order)
    if desk.out.as_json:
        desk.out.value({"order_id": found.id, "records": history_rows(records)})
    else:
        show_history(desk.out, records)


@app.command("cancel")
@at_desk
def cancel(desk: Desk, order: WhichOrder, reason: Reason) -> None:
    """Cancel an order; what was built goes down, what was paid goes back."""
    _change(desk, order, partial(CancelOrder, caller=desk.caller, reason=reason))


@app.command("restore")
@at_desk
def restore(desk: Desk, order: WhichOrder, reason: Reason) -> None:
    """Bring a cancelled order back as a draft, once its refund has settled."""
    _change(desk, order, partial(RestoreOrder, caller=desk.caller, reason=reason))


@app.command("reprice")
@at_desk
def reprice(
    desk: Desk,
    order: WhichOrder,
    why: Annotated[RepriceReason, typer.Option(help="The reason as a code.")],
    off: Annotated[
        list[str] | None, typer.Option(metavar="LINE=AMOUNT", help="So much less, net.")
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option(metavar="LINE=AMOUNT", help="Its new net price.")
    ] = None,
    note: Annotated[str, typer.Option(help="The reason; stands on the credit note.")] = "",
) -> None:
    """Lower what lines of an order of goods cost; what was paid beyond it goes back."""
    with desk.act() as host:
        found = the_order(host.core, desk.caller, order)
        cuts = (
            *(PriceCut(item=line, off=less) for line, less in amounts(off, found, "--off")),
            *(PriceCut(item=line, to=price) for line, price in amounts(to, found, "--to")),
        )
        asked = RepriceOrder(caller=desk.caller, order_id=found.id, lines=cuts, why=why, note=note)
        lowered = granted(host.core.handle(asked))
    if desk.out.as_json:
        desk.out.value(order_row(lowered))
        return
    desk.out.line(f"order {lowered.reference} now costs {lowered.total}")
    desk.out.line("a worker does what follows: ordercore worker --until-idle")


@app.command("resend")
@at_desk
def resend(
    desk: Desk,
    order: WhichOrder,
    letter: Annotated[str, typer.Option(help="What it is about, as the history says: confirmed.")],
) -> None:
    """Send a letter about an order of goods once more, as the order is by now."""
    _change(desk, order, partial(ResendLetter, caller=desk.caller, letter=letter))


@at_desk
def redeliver(desk: Desk, order: WhichOrder) -> None:
    """Send the credentials of an order's active items once more, encrypted."""
    _change(desk, order, partial(RedeliverCredentials, caller=desk.caller))


def _with_history(desk: Desk, named: str) -> tuple[Order, tuple[AuditRecord, ...]]:
    with desk.look() as core:
        found = the_order(core, desk.caller, named)
        return found, core.handle(OrderHistory(caller=desk.caller, order_id=found.id))


def _change(desk: Desk, named: str, asked: Callable[..., UseCase[Order | Refusal]]) -> None:
    """Ask for a change of the order that is ``named``, and say how it stands then."""
    with desk.act() as host:
        found = the_order(host.core, desk.caller, named)
        changed = granted(host.core.handle(asked(order_id=found.id)))
    if desk.out.as_json:
        desk.out.value(order_row(changed))
        return
    desk.out.line(f"order {changed.reference} is {changed.state}")
    desk.out.line("a worker does what follows: ordercore worker --until-idle")
