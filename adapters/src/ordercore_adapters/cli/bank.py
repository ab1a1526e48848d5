"""``ordercore bank``: record what banks did of their own accord, so that the books know of it.

Each report is told apart by the bank's own reference or by the refund's key: recorded once more, it
changes nothing, so whoever is not sure may simply repeat a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated

import typer

from ordercore import (
    Money,
    Order,
    Refusal,
    ReportChargeback,
    ReportDisputeWon,
    ReportRefundReturned,
)
from ordercore.app import UseCase
from ordercore.domain.payments import EntryKind, arrived
from ordercore.kernel.time import parse_instant
from ordercore_adapters.cli.desk import Desk, at_desk
from ordercore_adapters.cli.faults import granted
from ordercore_adapters.cli.finding import the_order
from ordercore_adapters.cli.options import WhichOrder
from ordercore_adapters.cli.views import order_row

__all__ = ["app", "charged_back", "dispute_won", "refund_returned"]

app = typer.Typer(help="Record what banks did of their own accord.", no_args_is_help=True)

_SHORTEST = 6
_Case = Annotated[str, typer.Option(help="The bank's own reference of the case.")]
_Amount = Annotated[str, typer.Option(help="In the order's currency: 35.20")]
_At = Annotated[str, typer.Option(metavar="INSTANT", help="When: 2026-01-05T12:00:00Z")]

_Asked = Callable[[Order, Money, datetime], UseCase[Order | Refusal]]


@app.command("charged-back")
@at_desk
def charged_back(
    desk: Desk,
    order: WhichOrder,
    payment: Annotated[
        str, typer.Option(help="Its reference in the order's ledger, or how that begins.")
    ],
    case: _Case,
    amount: _Amount,
    at: _At,
    code: Annotated[str, typer.Option(help="Why, as the bank encodes it.")],
) -> None:
    """Record that the bank took a payment, or a part of it, back."""
    _record(
        desk,
        order,
        amount,
        at,
        lambda found, taken, when: ReportChargeback(
            caller=desk.caller,
            order_id=found.id,
            payment=_meant(payment, arrived(found.ledger)),
            reference=case,
            amount=taken,
            taken_at=when,
            code=code,
        ),
    )


@app.command("dispute-won")
@at_desk
def dispute_won(desk: Desk, order: WhichOrder, case: _Case, amount: _Amount, at: _At) -> None:
    """Record that what the bank had taken back, or a part of it, is here again."""
    _record(
        desk,
        order,
        amount,
        at,
        lambda found, back, when: ReportDisputeWon(
            caller=desk.caller, order_id=found.id, reference=case, amount=back, won_at=when
        ),
    )


@app.command("refund-returned")
@at_desk
def refund_returned(
    desk: Desk,
    order: WhichOrder,
    refund: Annotated[str, typer.Option(help="Its key in the order's ledger, or how that begins.")],
    amount: _Amount,
    at: _At,
) -> None:
    """Record that a refund which had arrived came back; it is paid once more."""
    _record(
        desk,
        order,
        amount,
        at,
        lambda found, back, when: ReportRefundReturned(
            caller=desk.caller,
            order_id=found.id,
            refund=_meant(refund, _refunds(found)),
            amount=back,
            returned_at=when,
        ),
    )


def _refunds(order: Order) -> Iterator[str]:
    return (entry.key for entry in order.ledger if entry.kind is EntryKind.REFUND_REQUESTED)


def _meant(typed: str, known: Iterable[str]) -> str:
    """Return the name that was typed, or the only one that begins so: tables cut them short."""
    begun = {name for name in known if name.startswith(typed)}
    return begun.pop() if len(begun) == 1 and len(typed) >= _SHORTEST else typed


def _record(desk: Desk, named: str, amount: str, at: str, asked: _Asked) -> None:
    when = parse_instant(at, field="--at")
    with desk.act() as host:
        found = the_order(host.core, desk.caller, named)
        report = asked(found, Money.parse(amount, found.currency, field="--amount"), when)
        booked = granted(host.core.handle(report))
    if desk.out.as_json:
        desk.out.value(order_row(booked))
        return
    sums = booked.balance
    desk.out.line(f"order {booked.reference} is {booked.state}")
    desk.out.line(f"the bank has {sums.charged_back} of it, {sums.refundable} could be paid back")
    desk.out.line("a worker does what follows: ordercore worker --until-idle")
