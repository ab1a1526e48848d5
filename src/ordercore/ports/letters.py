"""Letters to customers about their orders."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TypeAlias

from attrs import field, frozen

from ordercore.domain.billing import CreditNote, Invoice
from ordercore.domain.fulfilment import DeliveryWindow
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.time import Instant
from ordercore.ports.notifications import NotificationOutcome

__all__ = [
    "Document",
    "Enclosure",
    "Letter",
    "LetterKind",
    "LetterLine",
    "LettersPort",
    "Printer",
]

Document: TypeAlias = Invoice | CreditNote
"""What can be enclosed: a document of which the letter knows what it says, not how it looks."""


class LetterKind(StrEnum):
    """What a letter is about."""

    AWAITING_PAYMENT = "awaiting-payment"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"


@frozen(kw_only=True)
class LetterLine:
    """One line of the order.

    Attributes:
        amount: What the customer pays for the whole line.
    """

    name: str
    quantity: int
    amount: Money


@frozen(kw_only=True)
class Enclosure:
    """A file that goes with a letter.

    Attributes:
        filename: A plain name with an extension, no path.
        media_type: Such as ``application/pdf``.
        content: Hidden from repr.
    """

    filename: str
    media_type: str
    content: bytes = field(repr=False)


class Printer(Protocol):
    """Puts documents on paper for an adapter that sends letters."""

    def __call__(self, document: Document, *, locale: str) -> Enclosure:
        """Return the document as a file; the same one gives the same bytes.

        Raises:
            InvalidInput: it cannot be printed, such as a name in letters that no font has.
        """
        ...


@frozen(kw_only=True)
class Letter:
    """A letter to a customer; facts, which the adapter puts into words.

    Attributes:
        key: The same for every attempt; the same key is sent once.
        recipient: Mail address; personal, hidden from repr.
        name: How the customer is addressed; personal, hidden from repr. Empty for nobody named.
        locale: In which language and in which way of writing amounts and dates.
        reference: The customer's number of the order.
        total: What the customer pays for the order.
        pay_at: Where to pay, while that is awaited; whoever knows it can, so hidden from repr.
        pay_by: Until when.
        arrival: When the order is to arrive, where that is known.
        tracking: The carrier's number, once shipped.
        documents: What is enclosed, to be printed by whoever sends the letter; one that cannot be
            printed means that the letter is not sent. It names the customer, so hidden from repr.
        enclosures: Files that are enclosed as they are.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    kind: LetterKind
    recipient: str = field(repr=False)
    name: str = field(default="", repr=False)
    locale: str = "en"
    reference: str
    lines: tuple[LetterLine, ...]
    total: Money
    pay_at: str | None = field(default=None, repr=False)
    pay_by: Instant | None = None
    arrival: DeliveryWindow | None = None
    tracking: str | None = None
    documents: tuple[Document, ...] = field(default=(), repr=False)
    enclosures: tuple[Enclosure, ...] = ()


class LettersPort(Protocol):
    """Sends letters; every call may be repeated under its key."""

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send it, or say why not; `Rejected` when the recipient cannot be reached for good."""
        ...
