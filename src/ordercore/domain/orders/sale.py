"""What an order of goods has besides its lines: how it is paid, where it goes, what holds it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen

from ordercore.domain.payments import PaymentKind
from ordercore.kernel.address import PostalAddress, address_text

__all__ = ["Recipient", "Sale"]


@frozen(kw_only=True, repr=False)
class Recipient:
    """Who gets the parcel; personal, so its repr says no more than the country.

    Attributes:
        name: Person or company.

    Raises:
        InvalidInput: on construction, when the name is no printable text.
    """

    name: str
    address: PostalAddress

    def __attrs_post_init__(self) -> None:
        address_text(self.name, field="name")

    def __repr__(self) -> str:
        return f"Recipient(<hidden>, {self.address.country})"


@frozen(kw_only=True)
class Sale:
    """The selling side of an order of goods.

    Attributes:
        payment: How the customer pays.
        deliver_to: Who gets the parcel; None once it has been erased.
        reserved: Every line that is not cancelled is reserved in stock.
        reserved_until: When the reservation is let go; None: it stands until the goods leave.
        arrives_from: The first day the parcel may arrive; None before the order is confirmed.
        arrives_by: The last day it should arrive.
        tracking: The carrier's number of the parcel; empty while there is none.
        invoice: Number of the invoice; empty while there is none.
        credit_notes: Numbers of the credit notes, oldest first.
        delivered_at: When it was delivered; the return window counts from here.
    """

    payment: PaymentKind
    deliver_to: Recipient | None
    reserved: bool = False
    reserved_until: datetime | None = None
    arrives_from: date | None = None
    arrives_by: date | None = None
    tracking: str = ""
    invoice: str = ""
    credit_notes: tuple[str, ...] = ()
    delivered_at: datetime | None = None
