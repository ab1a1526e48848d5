"""How the command shows the selling side of an order of goods."""

from __future__ import annotations

from ordercore.domain.orders import OrderItem, Sale
from ordercore.kernel.time import format_instant
from ordercore_adapters.cli.output import Output

__all__ = ["sale_row", "show_goods", "show_sale"]


def sale_row(sale: Sale) -> dict[str, object]:
    """Return it as plain data, without the address."""
    return {
        "payment": str(sale.payment),
        "reserved": sale.reserved,
        "reserved_until": format_instant(sale.reserved_until) if sale.reserved_until else None,
        "arrives_from": sale.arrives_from.isoformat() if sale.arrives_from else None,
        "arrives_by": sale.arrives_by.isoformat() if sale.arrives_by else None,
        "tracking": sale.tracking or None,
        "invoice": sale.invoice.number if sale.invoice else None,
        "credit_notes": [note.number for note in sale.credit_notes],
        "delivered_at": format_instant(sale.delivered_at) if sale.delivered_at else None,
    }


def show_goods(out: Output, items: tuple[OrderItem, ...]) -> None:
    """Write the lines of an order of goods."""
    out.table(
        ("item#", "article", "pieces#", "state!", "net price#", "what went wrong"),
        (
            (item.id, item.snapshot.name, item.quantity, item.state, item.price, item.failure)
            for item in items
        ),
        title="Items",
    )


def show_sale(out: Output, sale: Sale) -> None:
    """Write what there is of it, a line each."""
    out.line(f"  paid by {sale.payment.replace('_', ' ')}")
    if sale.reserved:
        until = format_instant(sale.reserved_until) if sale.reserved_until else "it leaves"
        out.line(f"  reserved until {until}")
    if sale.arrives_by is not None:
        out.line(f"  arrives from {sale.arrives_from} to {sale.arrives_by}")
    if sale.tracking:
        out.line(f"  parcel {sale.tracking}")
    if sale.invoice is not None:
        credited = "".join(f", credited by {note.number}" for note in sale.credit_notes)
        out.line(f"  invoice {sale.invoice.number} of {sale.invoice.issued_on}{credited}")
