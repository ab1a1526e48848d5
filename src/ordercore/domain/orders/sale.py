"""What an order of goods has besides its lines: how it is paid, where it goes, what holds it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen

from ordercore.domain.payments import PaymentKind
from ordercore.kernel.address import PostalAddress, address_text
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId
from ordercore.kernel.legal_party import Party
from ordercore.kernel.money import Money

__all__ = ["Box", "IssuedDocument", "Recipient", "Sale"]


@frozen(kw_only=True, repr=False)
class Recipient:
    """Who gets the parcel; personal, so its repr says no more than the country.

    Attributes:
        name: Person or company.

    Raises:
        InvalidInput: on construction, when the name is no printable text, or the address none.
    """

    name: str
    address: PostalAddress

    def __attrs_post_init__(self) -> None:
        address_text(self.name, field="name")
        address: object = self.address
        if not isinstance(address, PostalAddress):
            problem = f"got {type(address).__name__}"
            raise InvalidInput(field="address", problem=problem, allowed=PostalAddress.__name__)

    def __repr__(self) -> str:
        return f"Recipient(<hidden>, {self.address.country})"


@frozen(kw_only=True)
class Box:
    """A packed box.

    Attributes:
        id: The warehouse's name for it.
        weight_g: Grams, box included.
        contents: Item and number of pieces of each line in it.
    """

    id: str
    weight_g: int
    contents: tuple[tuple[ItemId, int], ...]


@frozen(kw_only=True)
class IssuedDocument:
    """An invoice or credit note that was issued; what else it says follows from the order.

    Attributes:
        seller: Who issued it, as the seller was called on that day.
        series: The gapless series its number was taken from.
        seq: Its place there.
        number: As it is printed.
        issued_on: Date of the seller's zone.
        reason: Of a credit note: why.
        lines: Of a credit note: what it credits of each line, net; empty for all that is left.
    """

    seller: Party
    series: str
    seq: int
    number: str
    issued_on: date
    reason: str = ""
    lines: tuple[tuple[ItemId, Money], ...] = ()


@frozen(kw_only=True)
class Sale:
    """The selling side of an order of goods.

    Attributes:
        payment: How the customer pays.
        deliver_to: Who gets the parcel; None once it has been erased.
        reserved: Every line that is not cancelled is reserved in stock.
        reserved_until: When the reservation is let go; None: no time is set, it stands until the
            goods leave or the attempt to pay for them has failed.
        arrives_from: The first day the parcel may arrive; None before the order is confirmed.
        arrives_by: The last day it should arrive.
        boxes: What was packed; empty before.
        tracking: The carrier's number of the parcel; empty while there is none.
        label_key: Key of the request that made the label.
        invoice: The invoice; None while there is none.
        credit_notes: The credit notes, oldest first.
        delivered_at: When it was delivered; the return window counts from here.
        letters: What the customer was written about, each kind of letter once.
    """

    payment: PaymentKind
    deliver_to: Recipient | None
    reserved: bool = False
    reserved_until: datetime | None = None
    arrives_from: date | None = None
    arrives_by: date | None = None
    boxes: tuple[Box, ...] = ()
    tracking: str = ""
    label_key: str = ""
    invoice: IssuedDocument | None = None
    credit_notes: tuple[IssuedDocument, ...] = ()
    delivered_at: datetime | None = None
    letters: tuple[str, ...] = ()
