"""What may have happened to the selling side of an order of goods, and how it changes by it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import evolve, frozen

from ordercore.domain.orders.sale import Box, IssuedDocument, Sale

__all__ = [
    "CreditNoteIssued",
    "DeliveryEstimated",
    "InvoiceIssued",
    "LetterRequested",
    "LetterSent",
    "ParcelLabelled",
    "ParcelPacked",
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
class ParcelPacked:
    """What was picked passed its check and is in boxes."""

    boxes: tuple[Box, ...]


@frozen(kw_only=True)
class ParcelLabelled:
    """The parcel has a label.

    Attributes:
        tracking: The carrier's number.
        label_key: Key of the request that made the label.
    """

    tracking: str
    label_key: str


@frozen(kw_only=True)
class InvoiceIssued:
    """The invoice has its number; it is never edited or deleted from now on."""

    document: IssuedDocument


@frozen(kw_only=True)
class CreditNoteIssued:
    """Something of the invoice, or all that was left of it, is credited."""

    document: IssuedDocument


@frozen(kw_only=True)
class LetterSent:
    """The customer was written to."""

    letter: str


@frozen(kw_only=True)
class LetterRequested:
    """Somebody asked that a letter be sent again."""

    letter: str


SaleEvent = (
    StockReserved
    | StockLetGo
    | StockLeft
    | StockTakenBack
    | DeliveryEstimated
    | ParcelPacked
    | ParcelLabelled
    | InvoiceIssued
    | CreditNoteIssued
    | LetterSent
    | LetterRequested
)

SALE_EVENT_TYPES: dict[type, str] = {
    StockReserved: "order.stock-reserved",
    StockLetGo: "order.stock-released",
    StockLeft: "order.stock-left",
    StockTakenBack: "order.stock-returned",
    DeliveryEstimated: "order.delivery-estimated",
    ParcelPacked: "order.parcel-packed",
    ParcelLabelled: "order.parcel-labelled",
    InvoiceIssued: "invoice.created",
    CreditNoteIssued: "invoice.credited",
    LetterSent: "order.letter-sent",
    LetterRequested: "order.letter-requested",
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
        case ParcelPacked() | ParcelLabelled():
            return _parcel_made(sale, event)
        case InvoiceIssued(document=document):
            return evolve(sale, invoice=document)
        case CreditNoteIssued(document=document):
            return evolve(sale, credit_notes=(*sale.credit_notes, document))
        case LetterSent(letter=letter):
            return sale if letter in sale.letters else evolve(sale, letters=(*sale.letters, letter))
        case StockTakenBack() | LetterRequested():  # said for the trail; nothing else changes by it
            return sale


def _parcel_made(sale: Sale, event: ParcelPacked | ParcelLabelled) -> Sale:
    if isinstance(event, ParcelPacked):
        return evolve(sale, boxes=event.boxes)
    return evolve(sale, tracking=event.tracking, label_key=event.label_key)
