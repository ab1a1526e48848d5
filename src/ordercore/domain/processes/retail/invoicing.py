"""What the invoice of a retail order says, and its credit note (R5).

Number, date and seller are stored when a document is issued, and of a credit note what it credits;
everything else follows from the order, in which what was billed does not change any more by then.
So the same document can be made again at any time.
"""

from __future__ import annotations

from ordercore.domain.billing import (
    BilledLine,
    CreditNote,
    DocumentNumber,
    Invoice,
    InvoiceDraft,
    LineCredit,
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

__all__ = ["credit_note_of", "credit_notes_of", "invoice_of"]

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
        paid=order.billed if by_gateway else Money.zero(order.currency),
        terms="" if by_gateway else _ON_DELIVERY,
    )
    return issue_invoice(draft, _number(sale.invoice))


def credit_notes_of(order: Order) -> tuple[CreditNote, ...] | Refusal:
    """Return every note that credits something of the order's invoice, oldest first.

    Returns:
        The notes, none before one is issued, or a refusal as for the invoice.
    """
    invoice = invoice_of(order)
    if isinstance(invoice, Refusal):
        return invoice
    notes: list[CreditNote] = []
    for issued in order.sale.credit_notes if order.sale else ():
        note = credit(
            invoice,
            tuple(notes),
            number=_number(issued),
            issued_on=issued.issued_on,
            reason=issued.reason or _NO_REASON,
            lines=tuple(_credited(invoice, *line) for line in issued.lines) or None,
        )
        if isinstance(note, Refusal):
            return note
        notes.append(note)
    return tuple(notes)


def credit_note_of(order: Order, place: int = -1) -> CreditNote | Refusal:
    """Return one of the notes that credit something of the order's invoice.

    Args:
        order: An order of goods.
        place: Which of them, the oldest first; the newest when not given.

    Returns:
        The note, or a refusal: ``no_credit_note`` where there is none, or as for the invoice.
    """
    notes = credit_notes_of(order)
    if isinstance(notes, Refusal):
        return notes
    if not -len(notes) <= place < len(notes):
        return Refusal(code="no_credit_note", reason="nothing of the invoice is credited so")
    return notes[place]


def _credited(invoice: Invoice, item: str, amount: Money) -> LineCredit:
    """Return what a note says of a line: all of it, so much for each piece, or an amount."""
    billed = next(line for line in invoice.draft.lines if line.id == item)
    if amount == billed.net:
        return LineCredit(line=item, quantity=billed.quantity)
    each, odd = divmod(amount.amount_minor, billed.quantity)
    if odd:
        return LineCredit(line=item, quantity=1, unit_price=amount)
    price = Money(each, amount.currency)
    return LineCredit(line=item, quantity=billed.quantity, unit_price=price)


def _line(item: OrderItem) -> BilledLine:
    rate = item.vat_basis_points
    category = TaxCategory.STANDARD if rate else TaxCategory.ZERO
    return BilledLine(
        id=item.id,
        name=item.snapshot.name,
        quantity=item.quantity,
        unit_price=item.snapshot.unit_price,
        rate=TaxRate(category=category, basis_points=rate),
        allowance=item.lowered_by,
    )


def _number(document: IssuedDocument) -> DocumentNumber:
    return DocumentNumber(series=document.series, seq=document.seq, text=document.number)
