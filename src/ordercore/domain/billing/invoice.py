"""An invoice: what was sold, what it costs, which taxes are in it. Issued once, never changed.

Corrections are credit notes (`ordercore.domain.billing.credit`). The tax rows are part of the
value and not computed anew when it is read, so that an invoice says for ever what it said on paper.
The rules, named BR-..., are those of EN 16931.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

from ordercore.domain.billing.lines import BilledLine, Totals, totals
from ordercore.domain.billing.numbering import DocumentNumber
from ordercore.domain.billing.tax import TaxCategory
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.legal_party import Party
from ordercore.kernel.money import Money
from ordercore.kernel.result import Finding, Refusal

__all__ = ["Invoice", "InvoiceDraft", "MeansCode", "PaymentMeans", "issue_invoice"]


class MeansCode(StrEnum):
    """How an invoice is paid; the codes of UNTDID 4461 that shops need."""

    CASH = "10"
    TRANSFER = "30"
    CARD = "48"
    SEPA_TRANSFER = "58"
    ONLINE = "68"


_TRANSFERS = frozenset({MeansCode.TRANSFER, MeansCode.SEPA_TRANSFER})


@frozen(kw_only=True)
class PaymentMeans:
    """How an invoice is paid.

    Attributes:
        account: IBAN of the seller to transfer to; None where nothing is transferred.
    """

    code: MeansCode
    account: str | None = None


@frozen(kw_only=True)
class InvoiceDraft:
    """Everything an invoice says except its number and its sums.

    Attributes:
        order_reference: The customer's number of the order.
        issued_on: Date of the seller's zone; it names the year of the number.
        deliver_to: Where the goods go; None when to the buyer's address.
        supplied_on: When the goods were handed over or sent; None when on the day of issue.
        paid: What has been paid already.
        due_on: When the rest is due; None when nothing is left or ``terms`` tell.
        terms: When and how the rest is to be paid, for a person.
    """

    tenant: TenantId
    order_id: OrderId
    order_reference: str
    seller: Party
    buyer: Party
    lines: tuple[BilledLine, ...]
    currency: str
    issued_on: date
    means: PaymentMeans
    paid: Money
    deliver_to: PostalAddress | None = None
    supplied_on: date | None = None
    due_on: date | None = None
    terms: str = ""


@frozen(kw_only=True)
class Invoice:
    """An issued invoice; made by `issue_invoice`."""

    number: DocumentNumber
    draft: InvoiceDraft
    totals: Totals

    @property
    def due(self) -> Money:
        """What is left to pay."""
        return self.totals.gross - self.draft.paid


def issue_invoice(draft: InvoiceDraft, number: DocumentNumber) -> Invoice | Refusal:
    """Make an invoice, or say everything that keeps it from being one.

    Args:
        draft: What it says.
        number: The next of the seller's series; unused when the invoice is refused.

    Returns:
        The invoice, or a refusal ``invoice_incomplete`` with one finding for each rule it breaks.

    Raises:
        CurrencyMismatch: a line or the payment is in another currency.
    """
    sums = totals(draft.lines, currency=draft.currency)
    findings = (
        *_line_findings(draft),
        *_tax_findings(draft),
        *_payment_findings(draft, sums.gross - draft.paid),
    )
    if findings:
        return Refusal(
            code="invoice_incomplete",
            reason="; ".join(finding.message for finding in findings),
            findings=findings,
        )
    return Invoice(number=number, draft=draft, totals=sums)


def _line_findings(draft: InvoiceDraft) -> list[Finding]:
    if not draft.lines:
        return [Finding(field="lines", code="required", message="there is nothing to invoice")]
    ids = [line.id for line in draft.lines]
    return [
        Finding(field=f"lines[{index}].id", code="repeated", message=f"line {name} is there twice")
        for index, name in enumerate(ids)
        if name in ids[:index]
    ]


def _tax_findings(draft: InvoiceDraft) -> list[Finding]:
    categories = {line.rate.category for line in draft.lines}
    findings = []
    # BR-S-2, BR-Z-2, BR-E-2, BR-AE-2, BR-IC-2, BR-G-2
    if categories - {TaxCategory.OUTSIDE_SCOPE} and draft.seller.vat_id is None:
        message = "the seller needs a VAT id to charge tax or to be exempt from it"
        findings.append(Finding(field="seller.vat_id", code="required", message=message))
    # BR-CO-26
    if draft.seller.vat_id is None and draft.seller.registration is None:
        message = "the seller needs a VAT id or a number in a register"
        findings.append(Finding(field="seller.registration", code="required", message=message))
    # BR-AE-2, BR-IC-2
    shifted = categories & {TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY}
    if shifted and draft.buyer.vat_id is None:
        message = "the buyer owes the tax and needs a VAT id"
        findings.append(Finding(field="buyer.vat_id", code="required", message=message))
    # BR-O-11 to BR-O-14
    if TaxCategory.OUTSIDE_SCOPE in categories and len(categories) > 1:
        message = "what is outside the scope of tax is not invoiced together with what is within"
        findings.append(Finding(field="lines", code="mixed_tax", message=message))
    # BR-O-2: neither side names a VAT id
    if categories == {TaxCategory.OUTSIDE_SCOPE} and (draft.seller.vat_id or draft.buyer.vat_id):
        message = "an invoice outside the scope of tax names no VAT id"
        findings.append(Finding(field="seller.vat_id", code="not_allowed", message=message))
    return findings


def _payment_findings(draft: InvoiceDraft, due: Money) -> list[Finding]:
    findings = []
    if draft.paid.is_negative or due.is_negative:
        message = f"{draft.paid} cannot have been paid on a total of {due + draft.paid}"
        findings.append(Finding(field="paid", code="out_of_range", message=message))
    # BR-CO-25
    if due.is_positive and draft.due_on is None and not draft.terms.strip():
        message = f"{due} is left to pay, and nothing says when"
        findings.append(Finding(field="due_on", code="required", message=message))
    # BR-61
    if draft.means.code in _TRANSFERS and draft.means.account is None:
        message = "a transfer needs the account it goes to"
        findings.append(Finding(field="means.account", code="required", message=message))
    return findings
