"""What an order of goods has besides its lines: how it is paid, where it goes, what holds it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen

from ordercore.domain.payments import PaymentKind
from ordercore.kernel.address import PostalAddress

__all__ = ["Sale"]


@frozen(kw_only=True)
class Sale:
    """The selling side of an order of goods.

    Attributes:
        payment: How the customer pays.
        deliver_to: Where the parcel goes; None once it has been erased.
        reserved: Every line that is not cancelled is reserved in stock.
        reserved_until: When the reservation is let go; None: it stands until the goods leave.
        delivery_due: The day the parcel should arrive; None before it is confirmed.
        tracking: The carrier's number of the parcel; empty while there is none.
        invoice: Number of the invoice; empty while there is none.
        credit_notes: Numbers of the credit notes, oldest first.
        delivered_at: When it was delivered; the return window counts from here.
    """

    payment: PaymentKind
    deliver_to: PostalAddress | None
    reserved: bool = False
    reserved_until: datetime | None = None
    delivery_due: date | None = None
    tracking: str = ""
    invoice: str = ""
    credit_notes: tuple[str, ...] = ()
    delivered_at: datetime | None = None
