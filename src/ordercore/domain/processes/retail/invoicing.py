"""What the invoice of a retail order says, and its credit note (R5).

Number, date and seller are stored when a document is issued; everything else follows from the
order, which does not change any more by then. So the same document can be made again at any time.
"""

from __future__ import annotations

from ordercore.domain.billing import (
    BilledLine,
    CreditNote,
    DocumentNumber,
    Invoice,
    InvoiceDraft,
    MeansCode,
    Party,
    PaymentMeans,
    TaxCategory,
    TaxRate,
    credit,
    issue_invoice,
)
from ordercore.domain.orders import IssuedDocument, Order, OrderItem
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["credit_note_of", "invoice_of"]

_MEANS = {
    PaymentKind.CASH_ON_DELIVERY: MeansCode.CASH,
    PaymentKind.IN_PERSON: MeansCode.CASH,
    PaymentKind.CREDIT_CARD: MeansCode.CARD,
    PaymentKind.DEBIT_CARD: MeansCode.CARD,
    PaymentKind.TOKENIZED_CARD: MeansCode.CARD,
    PaymentKind.BANK_TRANSFER: MeansCode.ONLINE,
    PaymentKind.VOUCHER: MeansCode.ONLINE,
    PaymentKind.WALLET: MeansCode.ONLINE,
}
_NO_REASON = "taken back"
_ON_DELIVERY = "to be paid in cash when the parcel is handed over"


def invoice_of(order: Order) -> Invoice | Refusal:
    """Return the order's invoice.

    Returns:
        The invoice, or a refusal: ``no_invoice`` before it is issued, ``address_erased`` once
        nobody knows any more whom it was for, or ``invoice_incomplete``.
    """
    sale = order.sale
    if sale is None or sale.invoice is None:
        return Refusal(code="no_invoice", reason="the order has no invoice")
    if sale.deliver_to is None:
        return Refusal(code="address_erased", reason="nobody knows whom the invoice was for")
    by_gateway = PAYMENT_KINDS[sale.payment].by_gateway
    draft = InvoiceDraft(
        tenant=order.tenant,
        order_id=order.id,
        order_reference=order.reference,
        seller=sale.invoice.seller,
        buyer=Party(name=sale.deliver_to.name, address=sale.deliver_to.address),
        lines=tuple(_line(item) for item in order.open_items),
        currency=order.currency,
        issued_on=sale.invoice.issued_on,
        means=PaymentMeans(code=_MEANS[sale.payment]),
        paid=order.total if by_gateway else Money.zero(order.currency),
        terms="" if by_gateway else _ON_DELIVERY,
    )
    return issue_invoice(draft, _number(sale.invoice))


def credit_note_of(order: Order) -> CreditNote | Refusal:
    """Return the note that credits everything on the order's invoice.

    Returns:
        The note, or a refusal: ``no_credit_note`` before it is issued, or as for the invoice.
    """
    invoice = invoice_of(order)
    if isinstance(invoice, Refusal):
        return invoice
    notes = order.sale.credit_notes if order.sale else ()
    if not notes:
        return Refusal(code="no_credit_note", reason="nothing of the invoice is credited")
    note = notes[0]
    return credit(
        invoice,
        (),
        number=_number(note),
        issued_on=note.issued_on,
        reason=note.reason or _NO_REASON,
    )


def _line(item: OrderItem) -> BilledLine:
    rate = item.vat_basis_points
    category = TaxCategory.STANDARD if rate else TaxCategory.ZERO
    return BilledLine(
        id=item.id,
        name=item.snapshot.name,
        quantity=item.quantity,
        unit_price=item.snapshot.unit_price,
        rate=TaxRate(category=category, basis_points=rate),
    )


def _number(document: IssuedDocument) -> DocumentNumber:
    return DocumentNumber(series=document.series, seq=document.seq, text=document.number)
