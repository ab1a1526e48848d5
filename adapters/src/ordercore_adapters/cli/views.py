"""Orders, their history and dead letters as plain data and as tables; never a credential."""

from __future__ import annotations

import json
from datetime import datetime

from ordercore import Order
from ordercore.domain.orders import OrderItem
from ordercore.domain.payments import LedgerEntry, arrived
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import DeadLetter
from ordercore.engine.saga import ORDER_BRANCH
from ordercore.kernel.time import format_instant
from ordercore_adapters.cli.output import Output
from ordercore_adapters.cli.sale_views import sale_row, show_goods, show_sale

__all__ = [
    "history_rows",
    "letter_row",
    "order_row",
    "order_summary",
    "show_history",
    "show_order",
    "show_summaries",
]


def order_summary(order: Order) -> dict[str, object]:
    """Return what a list of orders says about one."""
    return {
        "id": order.id,
        "reference": order.reference,
        "customer": order.customer,
        "state": str(order.state),
        "items": len(order.items),
        "total_minor": order.total.amount_minor,
        "currency": order.currency,
        "created_at": format_instant(order.created_at),
        "hidden": order.deleted_at is not None,
    }


def order_row(order: Order) -> dict[str, object]:
    """Return everything that is shown of one order."""
    sums = order.balance
    return {
        **order_summary(order),
        "tenant": order.tenant,
        "kind": order.kind,
        "billing_cycle": None if order.billing_cycle is None else str(order.billing_cycle),
        "version": order.version,
        "entered_at": format_instant(order.life.entered_at),
        "updated_at": format_instant(order.life.updated_at),
        "items": [_item(item) for item in order.items],
        "ledger": [_entry(entry) for entry in order.ledger],
        "balance": {
            "confirmed_minor": sums.confirmed.amount_minor,
            "written_off_minor": sums.written_off.amount_minor,
            "reversed_minor": sums.reversed.amount_minor,
            "refund_requested_minor": sums.refund_requested.amount_minor,
            "refunded_minor": sums.refunded.amount_minor,
            "authorised_minor": sums.authorised.amount_minor,
            "captured_minor": sums.captured.amount_minor,
            "charged_back_minor": sums.charged_back.amount_minor,
            "gone_twice_minor": sums.gone_twice.amount_minor,
        },
        "sale": sale_row(order.sale) if order.sale else None,
    }


def history_rows(records: tuple[AuditRecord, ...]) -> list[dict[str, object]]:
    """Return an audit trail without the personal parts."""
    return [
        {
            "seq": record.seq,
            "at": format_instant(record.at),
            "actor": record.actor,
            "kind": record.kind,
            "trigger": record.trigger,
            "from": record.source,
            "to": record.dest,
            "reason": record.reason,
            "correlation_id": record.correlation_id,
            "digest": record.digest,
        }
        for record in records
    ]


def letter_row(letter: DeadLetter) -> dict[str, object]:
    """Return everything an operator needs to act on a dead letter."""
    return {
        "id": letter.id,
        "order_id": letter.order_id,
        "item": letter.branch,
        "step": letter.step,
        "direction": "forward" if letter.forward else "back",
        "code": letter.code,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "payload": letter.payload,
        "at": format_instant(letter.at),
        "status": str(letter.status),
        "note": letter.note,
        "closed_at": _maybe(letter.closed_at),
    }


def show_summaries(out: Output, orders: list[Order]) -> None:
    """Write a list of orders."""
    out.table(
        ("reference", "state!", "items#", "total#", "created!", "id?"),
        (
            (
                order.reference,
                f"{order.state} (hidden)" if order.deleted_at else order.state,
                len(order.items),
                order.total,
                _minute(order.created_at),
                order.id,
            )
            for order in orders
        ),
    )


def show_order(out: Output, order: Order, records: tuple[AuditRecord, ...]) -> None:
    """Write one order: items, ledger, timeline."""
    hidden = ", hidden" if order.deleted_at else ""
    out.line(f"order {order.reference} of {order.tenant} ({order.id})")
    out.line(f"  {order.state}{hidden} since {_short(order.life.entered_at)}")
    if order.sale is None:
        out.line(f"  for {order.customer}, {order.total} {order.billing_cycle}, net of VAT")
    else:
        out.line(f"  for {order.customer}, {order.total} with VAT")
        show_sale(out, order.sale)
    out.line()
    if order.sale is None:
        out.table(
            ("item#", "product", "state!", "price#", "resource", "what went wrong"),
            (
                (item.id, item.snapshot.name, item.state, item.price, item.resource, item.failure)
                for item in order.items
            ),
            title="Items",
        )
    else:
        show_goods(out, order.items)
    if order.ledger:
        out.line()
        out.table(
            ("at!", "entry!", "amount#", "items", "key", "note"),
            (
                (_minute(e.at), e.kind, e.amount, ", ".join(e.items), _called(e)[:16], e.note)
                for e in order.ledger
            ),
            title="Ledger",
        )
    out.line()
    show_history(out, tuple(r for r in records if not r.kind.startswith("saga.")))


def show_history(out: Output, records: tuple[AuditRecord, ...]) -> None:
    """Write an audit trail."""
    out.table(
        ("nr#", "at!", "who?", "what", "from?", "to!", "why"),
        (
            (r.seq, _minute(r.at), r.actor, _what(r), r.source, r.dest, r.reason or _code(r))
            for r in records
        ),
        title="Timeline",
    )


def _what(record: AuditRecord) -> str:
    body = json.loads(record.data)
    branch, step = body.get("item") or body.get("branch"), body.get("step")
    named = [f"item {branch}"] if branch and branch != ORDER_BRANCH else []
    detail = " ".join([*named, step] if step else named)
    return f"{record.kind} ({detail})" if detail else record.kind


def _code(record: AuditRecord) -> str:
    return str(json.loads(record.data).get("code") or "")


def _item(item: OrderItem) -> dict[str, object]:
    snapshot = item.snapshot
    return {
        "id": item.id,
        "type": snapshot.product_type,
        "name": snapshot.name,
        "config": snapshot.config,
        "state": str(item.state),
        "quantity": item.quantity,
        "price_minor": item.price.amount_minor,
        "price_book_version": snapshot.price_book_version,
        "resource": item.resource,
        "active_at": _maybe(item.active_at),
        "failure": item.failure,
    }


def _entry(entry: LedgerEntry) -> dict[str, object]:
    return {
        "kind": str(entry.kind),
        "amount_minor": entry.amount.amount_minor,
        "currency": entry.amount.currency,
        "key": entry.key,
        "at": format_instant(entry.at),
        "items": list(entry.items),
        "reference": entry.reference,
        "source": entry.source,
        "note": entry.note,
        "code": entry.code,
    }


def _called(entry: LedgerEntry) -> str:
    """Return by what people know it: money that came in by its reference, all else by its key."""
    return next(iter(arrived((entry,))), entry.key)


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def _short(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
