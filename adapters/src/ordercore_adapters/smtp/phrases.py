"""What letters say, in each language; ``{...}`` is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from ordercore.ports import LetterKind

__all__ = ["PHRASES", "Phrases"]


@frozen(kw_only=True)
class Phrases:
    """The words of one language.

    Attributes:
        subjects: Of each kind of letter.
        openings: The first sentence of each kind.
    """

    subjects: Mapping[LetterKind, str] = field(hash=False)
    openings: Mapping[LetterKind, str] = field(hash=False)
    greeting: str
    greeting_nobody: str
    quantity: str
    article: str
    amount: str
    total: str
    pay_here: str
    pay_by: str
    arrives_on: str
    arrives_between: str
    tracking: str
    closing: str


_ENGLISH = Phrases(
    subjects={
        LetterKind.AWAITING_PAYMENT: "Your order {reference}: payment awaited",
        LetterKind.CONFIRMED: "Your order {reference} is confirmed",
        LetterKind.SHIPPED: "Your order {reference} is on its way",
    },
    openings={
        LetterKind.AWAITING_PAYMENT: "Thank you for your order. It is yours once it is paid.",
        LetterKind.CONFIRMED: "Thank you for your order. We are getting it ready.",
        LetterKind.SHIPPED: "Your order has left our warehouse.",
    },
    greeting="Hello {name},",
    greeting_nobody="Hello,",
    quantity="Quantity",
    article="Article",
    amount="Amount",
    total="Total",
    pay_here="Pay now",
    pay_by="Please pay by {moment}.",
    arrives_on="It should arrive on {day}.",
    arrives_between="It should arrive between {first} and {last}.",
    tracking="Tracking number: {number}",
    closing="Kind regards",
)
_GERMAN = Phrases(
    subjects={
        LetterKind.AWAITING_PAYMENT: "Ihre Bestellung {reference}: Zahlung erwartet",
        LetterKind.CONFIRMED: "Ihre Bestellung {reference} ist bestätigt",
        LetterKind.SHIPPED: "Ihre Bestellung {reference} ist unterwegs",
    },
    openings={
        LetterKind.AWAITING_PAYMENT: "Danke für Ihre Bestellung. Sie gehört Ihnen, sobald sie "
        "bezahlt ist.",
        LetterKind.CONFIRMED: "Danke für Ihre Bestellung. Wir machen sie gerade fertig.",
        LetterKind.SHIPPED: "Ihre Bestellung hat unser Lager verlassen.",
    },
    greeting="Guten Tag {name},",
    greeting_nobody="Guten Tag,",
    quantity="Menge",
    article="Artikel",
    amount="Betrag",
    total="Gesamt",
    pay_here="Jetzt bezahlen",
    pay_by="Bitte bezahlen Sie bis {moment}.",
    arrives_on="Sie sollte am {day} ankommen.",
    arrives_between="Sie sollte zwischen {first} und {last} ankommen.",
    tracking="Sendungsnummer: {number}",
    closing="Freundliche Grüße",
)
PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType({"de": _GERMAN, "en": _ENGLISH})
"""By language; a host may hand in its own with more languages."""
