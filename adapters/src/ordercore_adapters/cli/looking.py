"""``ordercore stats`` and ``ordercore audit verify``: how a tenant's orders are doing, provably."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from ordercore import Caller, ListOrders, Order, OrderCore, TenantStats, VerifyAudit
from ordercore_adapters.cli.desk import Desk, at_desk
from ordercore_adapters.cli.faults import CommandFault, ExitCode
from ordercore_adapters.cli.finding import the_order

__all__ = ["audit", "stats", "verify"]

audit = typer.Typer(help="The audit trail.", no_args_is_help=True)

_PAGE = 200


@at_desk
def stats(desk: Desk) -> None:
    """Count a tenant's orders: today, by state, value, revenue, conversion."""
    out = desk.out
    with desk.look() as core:
        found = core.handle(TenantStats(caller=desk.caller))
    if out.as_json:
        out.value(
            {
                "today": found.today,
                "week": found.week,
                "month": found.month,
                "by_state": dict(found.by_state),
                "submitted": found.submitted,
                "fulfilled": found.fulfilled,
                "conversion_percent": found.conversion_percent,
                "by_currency": [
                    {
                        "currency": money.revenue.currency,
                        "average_value_minor": money.average_value.amount_minor,
                        "revenue_minor": money.revenue.amount_minor,
                    }
                    for money in found.by_currency
                ],
            }
        )
        return
    out.line(f"orders today {found.today}, this week {found.week}, this month {found.month}")
    if not found.by_state:
        out.line(f"{desk.tenant} has no orders")
    out.table(("state!", "orders#"), found.by_state)
    out.table(
        ("currency", "average value#", "revenue#"),
        ((m.revenue.currency, m.average_value, m.revenue) for m in found.by_currency),
    )
    if found.conversion_percent is not None:
        out.line(f"{found.fulfilled} of {found.submitted} fulfilled: {found.conversion_percent} %")


@audit.callback()
def _group() -> None:
    """Keep ``verify`` a command of its own while it is the only one."""


@audit.command("verify")
@at_desk
def verify(
    desk: Desk,
    order: Annotated[
        str | None, typer.Argument(metavar="[ORDER]", help="Only this one: id or reference.")
    ] = None,
) -> None:
    """Recompute the hash chain of every order's audit trail. Exits with 1 when one is broken."""
    out, caller = desk.out, desk.caller
    orders = records = 0
    broken: list[dict[str, object]] = []
    with desk.look() as core:
        chosen = [the_order(core, caller, order)] if order else _all(core, caller)
        for each in chosen:
            verdict = core.handle(VerifyAudit(caller=caller, order_id=each.id))
            orders, records = orders + 1, records + verdict.records
            if not verdict.whole:
                broken.append(
                    {
                        "order_id": each.id,
                        "reference": each.reference,
                        "broken_at": verdict.broken_at,
                    }
                )
    if out.as_json:
        out.value({"orders": orders, "records": records, "broken": broken})
    else:
        out.line(f"{orders} orders, {records} records")
        if broken:
            rows = ((row["order_id"], row["reference"], row["broken_at"]) for row in broken)
            out.table(("order", "reference", "broken at#"), rows)
    if broken:
        raise CommandFault(
            "audit_broken",
            f"the audit trail of {len(broken)} orders was tampered with or is cut off",
            exit_code=ExitCode.REFUSED,
        )


def _all(core: OrderCore, caller: Caller) -> Iterator[Order]:
    page = core.handle(ListOrders(caller=caller, hidden=True, limit=_PAGE))
    while page:
        yield from page
        after = page[-1].id
        page = core.handle(ListOrders(caller=caller, hidden=True, after=after, limit=_PAGE))
