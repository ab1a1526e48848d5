"""What may have happened to the selling side of an order of goods, and how it changes by it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import evolve, frozen

from ordercore.domain.orders.sale import Sale

__all__ = [
    "CreditNoteIssued",
    "DeliveryEstimated",
    "InvoiceIssued",
    "LetterSent",
    "ParcelLabelled",
    "SALE_EVENT_TYPES",
    "SaleEvent",
    "StockLeft",
    "StockLetGo",
    "StockReserved",
    "StockTakenBack",
    "change_sale",
]


@frozen(kw_only=True)
class StockReserved:
    """Every open line was reserved, or its reservation prolonged.

    Attributes:
        until: When it is let go; None: it stands until the goods leave.
    """

    until: datetime | None


@frozen(kw_only=True)
class StockLetGo:
    """The reservation ended without the goods leaving."""

    reason: str


@frozen(kw_only=True)
class StockLeft:
    """The reserved goods left the warehouse."""


@frozen(kw_only=True)
class StockTakenBack:
    """Returned goods are on the shelf again."""


@frozen(kw_only=True)
class DeliveryEstimated:
    """The days on which the parcel should arrive were worked out."""

    earliest: date
    latest: date


@frozen(kw_only=True)
class ParcelLabelled:
    """The parcel has a label, under the carrier's number."""

    tracking: str


@frozen(kw_only=True)
class InvoiceIssued:
    """The invoice has its number; it is never edited or deleted from now on."""

    number: str


@frozen(kw_only=True)
class CreditNoteIssued:
    """What was invoiced is credited, wholly or in part."""

    number: str
    invoice: str


@frozen(kw_only=True)
class LetterSent:
    """The customer was written to."""

    letter: str


SaleEvent = (
    StockReserved
    | StockLetGo
    | StockLeft
    | StockTakenBack
    | DeliveryEstimated
    | ParcelLabelled
    | InvoiceIssued
    | CreditNoteIssued
    | LetterSent
)

SALE_EVENT_TYPES: dict[type, str] = {
    StockReserved: "order.stock-reserved",
    StockLetGo: "order.stock-released",
    StockLeft: "order.stock-left",
    StockTakenBack: "order.stock-returned",
    DeliveryEstimated: "order.delivery-estimated",
    ParcelLabelled: "order.parcel-labelled",
    InvoiceIssued: "invoice.created",
    CreditNoteIssued: "invoice.credited",
    LetterSent: "order.letter-sent",
}
"""The type under which each is audited and published."""


def change_sale(sale: Sale, event: SaleEvent) -> Sale:
    """Return the selling side after ``event``."""
    match event:
        case StockReserved(until=until):
            return evolve(sale, reserved=True, reserved_until=until)
        case StockLetGo() | StockLeft():
            return evolve(sale, reserved=False, reserved_until=None)
        case DeliveryEstimated(earliest=earliest, latest=latest):
            return evolve(sale, arrives_from=earliest, arrives_by=latest)
        case ParcelLabelled(tracking=tracking):
            return evolve(sale, tracking=tracking)
        case InvoiceIssued(number=number):
            return evolve(sale, invoice=number)
        case CreditNoteIssued(number=number):
            return evolve(sale, credit_notes=(*sale.credit_notes, number))
        case StockTakenBack() | LetterSent():  # said for the trail; nothing else changes by it
            return sale
