"""What stands on documents besides the facts, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from attrs import frozen

from ordercore.kernel.address import PostalAddress
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from ordercore_adapters.localised import (
    country_text,
    date_text,
    language_of,
    money_text,
    number_text,
)

__all__ = ["Tongue", "WORDINGS", "Wording", "tongue"]


@frozen(kw_only=True)
class Wording:
    """The words of one language; ``{...}`` is filled in."""

    invoice: str
    credit_note: str
    packing_slip: str
    date: str
    supplied: str
    order: str
    buyer_vat_id: str
    credits: str
    reason: str
    position: str
    description: str
    article: str
    quantity: str
    unit_price: str
    tax: str
    amount: str
    less: str
    net: str
    tax_on: str
    gross: str
    credited: str
    paid: str
    due: str
    due_on: str
    account: str
    vat_id: str
    registration: str
    page: str
    deliver_to: str
    parcels: str
    sender: str
    parcel_of: str


_ENGLISH = Wording(
    invoice="Invoice",
    credit_note="Credit note",
    packing_slip="Packing slip",
    date="Date",
    supplied="Supplied on",
    order="Order",
    buyer_vat_id="Your VAT ID",
    credits="Credits invoice",
    reason="Reason",
    position="No.",
    description="Description",
    article="Article",
    quantity="Quantity",
    unit_price="Unit price",
    tax="VAT",
    amount="Amount",
    less="less {amount}",
    net="Net total",
    tax_on="VAT {percent} % on {net}",
    gross="Total",
    credited="Credited",
    paid="Already paid",
    due="To be paid",
    due_on="Payable by {day}.",
    account="Account: {iban}",
    vat_id="VAT ID {id}",
    registration="Company no. {id}",
    page="Page {page} of {pages}",
    deliver_to="Deliver to",
    parcels="Parcels",
    sender="From",
    parcel_of="Parcel {number} of {count}, {weight} kg",
)
_GERMAN = Wording(
    invoice="Rechnung",
    credit_note="Rechnungskorrektur",
    packing_slip="Lieferschein",
    date="Datum",
    supplied="Geliefert am",
    order="Bestellung",
    buyer_vat_id="Ihre USt-IdNr.",
    credits="Zu Rechnung",
    reason="Grund",
    position="Nr.",
    description="Bezeichnung",
    article="Artikel",
    quantity="Menge",
    unit_price="Einzelpreis",
    tax="USt",
    amount="Betrag",
    less="abzüglich {amount}",
    net="Summe netto",
    tax_on="USt {percent} % auf {net}",
    gross="Gesamtbetrag",
    credited="Gutgeschrieben",
    paid="Bereits bezahlt",
    due="Zu zahlen",
    due_on="Zahlbar bis {day}.",
    account="Konto: {iban}",
    vat_id="USt-IdNr. {id}",
    registration="Firmenbuch {id}",
    page="Seite {page} von {pages}",
    deliver_to="Lieferung an",
    parcels="Pakete",
    sender="Von",
    parcel_of="Paket {number} von {count}, {weight} kg",
)
WORDINGS: Final[Mapping[str, Wording]] = MappingProxyType({"de": _GERMAN, "en": _ENGLISH})
"""By language; a host may hand in its own with more languages."""


@frozen
class Tongue:
    """A locale and the words of its language.

    Attributes:
        language: Such as ``de``.
    """

    locale: str
    language: str
    words: Wording

    def money(self, amount: Money) -> str:
        """Return an amount as it is written here."""
        return money_text(amount, self.locale)

    def day(self, day: date) -> str:
        """Return a date as it is written here."""
        return date_text(day, self.locale)

    def address(self, address: PostalAddress) -> tuple[str, ...]:
        """Return an address line by line, without the name; the country as it is called here."""
        country = country_text(address.country, self.locale)
        return (*address.lines, f"{address.postcode} {address.city}", country)

    def number(self, number: str) -> str:
        """Return plain decimal text as it is written here."""
        return number_text(number, self.locale)


def tongue(locale: str, wordings: Mapping[str, Wording]) -> Tongue:
    """Return how a locale speaks.

    Raises:
        InvalidInput: there is no such locale, or no words for its language.
    """
    language = language_of(locale)
    if language not in wordings:
        raise InvalidInput(
            field="locale",
            problem=f"there are no words for {language}",
            allowed=", ".join(sorted(wordings)),
        )
    return Tongue(locale, language, wordings[language])
