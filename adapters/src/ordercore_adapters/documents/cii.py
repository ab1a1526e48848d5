"""Invoices and credit notes as XML: the Cross Industry Invoice syntax of EN 16931.

The order of the elements is the schema's. What a field means is said by its number in the standard
(BT-1 is the number of the invoice). Amounts are written as they are, never computed anew. The tests
check the result against the official schema and its business rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from xml.etree import ElementTree as ET

from ordercore.domain.billing import (
    BilledLine,
    CreditNote,
    Invoice,
    InvoiceDraft,
    Party,
    TaxCategory,
    TaxRate,
    Totals,
)
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.currency import exponent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money

__all__ = ["credit_note_xml", "invoice_xml"]

_UNCEFACT = "urn:un:unece:uncefact:data:standard"
_NAMESPACES: Final = {
    "xmlns:rsm": f"{_UNCEFACT}:CrossIndustryInvoice:100",
    "xmlns:ram": f"{_UNCEFACT}:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:qdt": f"{_UNCEFACT}:QualifiedDataType:100",
    "xmlns:udt": f"{_UNCEFACT}:UnqualifiedDataType:100",
}
_PROFILE = "urn:cen.eu:en16931:2017"
_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_PIECE = "H87"  # UN/ECE recommendation 20
_DISCOUNT = "95"  # UNTDID 5189
_MOST_DECIMALS = 2


def invoice_xml(invoice: Invoice) -> bytes:
    """Return an invoice as XML in UTF-8.

    Raises:
        InvalidInput: its currency has more decimals than the standard has room for.
    """
    draft = invoice.draft
    root = _document(number=invoice.number.text, code=_INVOICE, day=draft.issued_on)
    trade = _under(root, "rsm:SupplyChainTradeTransaction")
    _lines(trade, draft.lines)
    _agreement(trade, draft)
    _delivery(trade, draft)
    settlement = _settlement(trade, draft)
    _means(settlement, draft)
    _taxes(settlement, invoice.totals)
    if draft.terms or draft.due_on:
        _terms(settlement, text=draft.terms, due_on=draft.due_on)
    _sums(settlement, invoice.totals, paid=draft.paid, due=invoice.due)
    return _written(root)


def credit_note_xml(note: CreditNote) -> bytes:
    """Return a credit note as XML in UTF-8; what is to be paid is what the buyer gets back.

    Raises:
        InvalidInput: its currency has more decimals than the standard has room for.
    """
    draft = note.invoice.draft
    root = _document(number=note.number.text, code=_CREDIT_NOTE, day=note.issued_on)
    _text(
        _under(root.find("rsm:ExchangedDocument"), "ram:IncludedNote"), "ram:Content", note.reason
    )
    trade = _under(root, "rsm:SupplyChainTradeTransaction")
    _lines(trade, note.lines)
    _agreement(trade, draft)
    _delivery(trade, draft)
    settlement = _settlement(trade, draft)
    _taxes(settlement, note.totals)
    _terms(settlement, text=note.reason, due_on=None)
    _sums(settlement, note.totals, paid=None, due=note.totals.gross)
    credited = _under(settlement, "ram:InvoiceReferencedDocument")
    _text(credited, "ram:IssuerAssignedID", note.invoice.number.text)  # BT-25
    when = _under(credited, "ram:FormattedIssueDateTime")
    _day(when, "qdt:DateTimeString", draft.issued_on)  # BT-26
    return _written(root)


def _document(*, number: str, code: str, day: date) -> ET.Element:
    # Prefixes are written out and declared here: the library's own ones are global to a process.
    root = ET.Element("rsm:CrossIndustryInvoice", _NAMESPACES)
    context = _under(root, "rsm:ExchangedDocumentContext")
    _text(_under(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", _PROFILE)
    head = _under(root, "rsm:ExchangedDocument")
    _text(head, "ram:ID", number)  # BT-1
    _text(head, "ram:TypeCode", code)  # BT-3
    _day(_under(head, "ram:IssueDateTime"), "udt:DateTimeString", day)  # BT-2
    return root


def _lines(trade: ET.Element, lines: Iterable[BilledLine]) -> None:
    for number, line in enumerate(lines, start=1):
        item = _under(trade, "ram:IncludedSupplyChainTradeLineItem")
        # BT-126: its place here, since two lines of a credit note may be for one of the invoice.
        _text(_under(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
        _text(_under(item, "ram:SpecifiedTradeProduct"), "ram:Name", line.name)  # BT-153
        price = _under(
            _under(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice"
        )
        _text(price, "ram:ChargeAmount", _amount(line.unit_price))  # BT-146
        delivery = _under(item, "ram:SpecifiedLineTradeDelivery")
        quantity = _text(delivery, "ram:BilledQuantity", str(line.quantity))  # BT-129
        quantity.set("unitCode", _PIECE)
        settlement = _under(item, "ram:SpecifiedLineTradeSettlement")
        tax = _under(settlement, "ram:ApplicableTradeTax")
        _text(tax, "ram:TypeCode", "VAT")
        _rate(tax, line.rate)
        if line.allowance is not None and line.allowance.is_positive:
            _allowance(settlement, line.allowance)
        summation = _under(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
        _text(summation, "ram:LineTotalAmount", _amount(line.net))  # BT-131


def _allowance(settlement: ET.Element, amount: Money) -> None:
    less = _under(settlement, "ram:SpecifiedTradeAllowanceCharge")
    _text(_under(less, "ram:ChargeIndicator"), "udt:Indicator", "false")  # BG-27
    _text(less, "ram:ActualAmount", _amount(amount))  # BT-136
    _text(less, "ram:ReasonCode", _DISCOUNT)  # BT-140


def _agreement(trade: ET.Element, draft: InvoiceDraft) -> None:
    agreement = _under(trade, "ram:ApplicableHeaderTradeAgreement")
    _party(_under(agreement, "ram:SellerTradeParty"), draft.seller)
    _party(_under(agreement, "ram:BuyerTradeParty"), draft.buyer)
    order = _under(agreement, "ram:BuyerOrderReferencedDocument")
    _text(order, "ram:IssuerAssignedID", draft.order_reference)  # BT-13


def _party(into: ET.Element, party: Party) -> None:
    _text(into, "ram:Name", party.name)  # BT-27, BT-44
    if party.registration is not None:
        _text(_under(into, "ram:SpecifiedLegalOrganization"), "ram:ID", party.registration)
    _address(into, party.address)
    if party.vat_id is not None:
        registration = _under(into, "ram:SpecifiedTaxRegistration")
        _text(registration, "ram:ID", party.vat_id).set("schemeID", "VA")  # BT-31, BT-48


def _address(into: ET.Element, address: PostalAddress) -> None:
    place = _under(into, "ram:PostalTradeAddress")
    _text(place, "ram:PostcodeCode", address.postcode)
    first, *more = address.lines
    _text(place, "ram:LineOne", first)
    if more:
        _text(place, "ram:LineTwo", more[0])
    if more[1:]:
        _text(place, "ram:LineThree", ", ".join(more[1:]))
    _text(place, "ram:CityName", address.city)
    _text(place, "ram:CountryID", address.country)


def _delivery(trade: ET.Element, draft: InvoiceDraft) -> None:
    delivery = _under(trade, "ram:ApplicableHeaderTradeDelivery")
    goods = _under(delivery, "ram:ShipToTradeParty")
    _address(goods, draft.deliver_to or draft.buyer.address)  # BG-15
    event = _under(delivery, "ram:ActualDeliverySupplyChainEvent")
    supplied_on = draft.supplied_on or draft.issued_on
    _day(_under(event, "ram:OccurrenceDateTime"), "udt:DateTimeString", supplied_on)  # BT-72


def _settlement(trade: ET.Element, draft: InvoiceDraft) -> ET.Element:
    settlement = _under(trade, "ram:ApplicableHeaderTradeSettlement")
    if exponent(draft.currency) > _MOST_DECIMALS:
        raise InvalidInput(
            field="currency",
            problem=f"{draft.currency} has {exponent(draft.currency)} decimals",
            allowed=f"currencies with at most {_MOST_DECIMALS}, by EN 16931",
        )
    _text(settlement, "ram:InvoiceCurrencyCode", draft.currency)  # BT-5
    return settlement


def _means(settlement: ET.Element, draft: InvoiceDraft) -> None:
    means = _under(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _text(means, "ram:TypeCode", draft.means.code)  # BT-81
    if draft.means.account is not None:
        account = _under(means, "ram:PayeePartyCreditorFinancialAccount")
        _text(account, "ram:IBANID", draft.means.account)  # BT-84


def _taxes(settlement: ET.Element, sums: Totals) -> None:
    for row in sums.rows:
        tax = _under(settlement, "ram:ApplicableTradeTax")
        _text(tax, "ram:CalculatedAmount", _amount(row.tax))  # BT-117
        _text(tax, "ram:TypeCode", "VAT")
        if row.rate.reason:
            _text(tax, "ram:ExemptionReason", row.rate.reason)  # BT-120
        _text(tax, "ram:BasisAmount", _amount(row.taxable))  # BT-116
        _rate(tax, row.rate)


def _rate(tax: ET.Element, rate: TaxRate) -> None:
    _text(tax, "ram:CategoryCode", rate.category)  # BT-151, BT-118
    # BR-O-5: what is outside the scope of tax has no percentage, not even nought.
    if rate.category is not TaxCategory.OUTSIDE_SCOPE:
        _text(tax, "ram:RateApplicablePercent", rate.percent)


def _terms(settlement: ET.Element, *, text: str, due_on: date | None) -> None:
    terms = _under(settlement, "ram:SpecifiedTradePaymentTerms")
    if text:
        _text(terms, "ram:Description", text)  # BT-20
    if due_on is not None:
        _day(_under(terms, "ram:DueDateDateTime"), "udt:DateTimeString", due_on)  # BT-9


def _sums(settlement: ET.Element, sums: Totals, *, paid: Money | None, due: Money) -> None:
    summation = _under(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _text(summation, "ram:LineTotalAmount", _amount(sums.net))  # BT-106
    _text(summation, "ram:TaxBasisTotalAmount", _amount(sums.net))  # BT-109
    tax = _text(summation, "ram:TaxTotalAmount", _amount(sums.tax))  # BT-110
    tax.set("currencyID", sums.currency)
    _text(summation, "ram:GrandTotalAmount", _amount(sums.gross))  # BT-112
    if paid is not None:
        _text(summation, "ram:TotalPrepaidAmount", _amount(paid))  # BT-113
    _text(summation, "ram:DuePayableAmount", _amount(due))  # BT-115


def _under(parent: ET.Element | None, tag: str) -> ET.Element:
    assert parent is not None
    return ET.SubElement(parent, tag)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element


def _day(parent: ET.Element, tag: str, day: date) -> None:
    _text(parent, tag, day.strftime("%Y%m%d")).set("format", "102")


def _amount(money: Money) -> str:
    return money.decimal_text()


def _written(root: ET.Element) -> bytes:
    ET.indent(root, space=" ")
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
