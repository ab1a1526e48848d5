"""Parties, lines and drafts that the tests start from."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import evolve

from ordercore.domain.billing import (
    INVOICE_NUMBERS,
    BilledLine,
    Invoice,
    InvoiceDraft,
    MeansCode,
    Party,
    PaymentMeans,
    TaxCategory,
    TaxRate,
    issue_invoice,
)
from ordercore.kernel import Money, OrderId, PostalAddress, TenantId

STANDARD = TaxRate(category=TaxCategory.STANDARD, basis_points=2000)
REDUCED = TaxRate(category=TaxCategory.STANDARD, basis_points=550)
EXEMPT = TaxRate(category=TaxCategory.EXEMPT, reason="Education, article 132")
REVERSE = TaxRate(category=TaxCategory.REVERSE_CHARGE, reason="Reverse charge")
OUTSIDE = TaxRate(category=TaxCategory.OUTSIDE_SCOPE, reason="Not subject to VAT")

SELLER = Party(
    name="Kettle & Sons",
    address=PostalAddress(lines=("Hauptstraße 1",), postcode="1010", city="Wien", country="AT"),
    vat_id="ATU12345678",
)
BUYER = Party(
    name="Žofie Nováková",
    address=PostalAddress(lines=("Dlouhá 1",), postcode="110 00", city="Praha", country="CZ"),
)

ISSUED = date(2026, 11, 20)
NUMBER = INVOICE_NUMBERS.number(seller="shop-1", year=2026, seq=42)


def euros(cents: int) -> Money:
    """Return so many euro cents."""
    return Money(cents, "EUR")


def line(
    id: str = "1", cents: int = 1999, *, quantity: int = 1, rate: TaxRate = STANDARD
) -> BilledLine:
    """Return a line of an article at a net price."""
    return BilledLine(
        id=id, name=f"Article {id}", quantity=quantity, unit_price=euros(cents), rate=rate
    )


def draft(*lines: BilledLine, **changes: Any) -> InvoiceDraft:
    """Return a draft of these lines that is paid in cash on delivery, with changes."""
    made = InvoiceDraft(
        tenant=TenantId("shop"),
        order_id=OrderId("order-1"),
        order_reference="REF-1",
        seller=SELLER,
        buyer=BUYER,
        lines=lines,
        currency="EUR",
        issued_on=ISSUED,
        means=PaymentMeans(code=MeansCode.CASH),
        paid=euros(0),
        terms="Payable on delivery",
    )
    return evolve(made, **changes)


def invoice(*lines: BilledLine, **changes: Any) -> Invoice:
    """Return an issued invoice of these lines."""
    issued = issue_invoice(draft(*lines, **changes), NUMBER)
    assert isinstance(issued, Invoice), issued
    return issued
