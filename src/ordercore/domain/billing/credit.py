"""Credit notes: what of an invoice is taken back. Never more than it said, all notes together.

Amounts are positive: a note says what is credited. The tax of a note is the tax of everything
credited so far, less what earlier notes have said, rate by rate. So however an invoice is credited,
in one note or in many, the notes never exceed it, and together they give back exactly its tax; each
note is within a minor unit of its own rounding, which EN 16931 tolerates (BR-CO-17).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import evolve, frozen

from ordercore.domain.billing.invoice import Invoice
from ordercore.domain.billing.lines import BilledLine, Totals
from ordercore.domain.billing.numbering import DocumentNumber
from ordercore.domain.billing.tax import TaxRow, tax_of, tax_rows
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from ordercore.kernel.result import Finding, Refusal
from ordercore.kernel.text import readable

__all__ = ["CreditNote", "LineCredit", "credit", "creditable"]


@frozen(kw_only=True)
class LineCredit:
    """What of one line is credited.

    Attributes:
        line: Id of the invoice's line.
        quantity: For how many units.
        unit_price: How much for each, net; None for the price that was invoiced. Less than that
            where a price is lowered and the goods are kept.
    """

    line: str
    quantity: int
    unit_price: Money | None = None


@frozen(kw_only=True)
class CreditNote:
    """An issued credit note; made by `credit`.

    Attributes:
        invoice: What it credits.
        lines: Positive amounts; ids are those of the invoice's lines.
        reason: Why, for a person.
    """

    number: DocumentNumber
    invoice: Invoice
    lines: tuple[BilledLine, ...]
    totals: Totals
    issued_on: date
    reason: str


def creditable(invoice: Invoice, earlier: tuple[CreditNote, ...]) -> tuple[BilledLine, ...]:
    """Return what earlier notes have left of an invoice, line by line; nothing for what is gone.

    A rest that is no multiple of the unit price is one unit at that rest.

    Raises:
        InvalidInput: an earlier note credits another invoice.
    """
    left = []
    for line in invoice.draft.lines:
        rest = line.net - _credited(invoice, earlier, line.id)
        if rest.is_positive:
            left.append(line if rest == line.net else _rest(line, rest))
    return tuple(left)


def credit(
    invoice: Invoice,
    earlier: tuple[CreditNote, ...],
    *,
    number: DocumentNumber,
    issued_on: date,
    reason: str,
    lines: tuple[LineCredit, ...] | None = None,
) -> CreditNote | Refusal:
    """Credit lines of an invoice, or everything that is left of it.

    Args:
        invoice: What is credited.
        earlier: Every note that was issued for it so far, in any order.
        number: The next of the seller's series; unused when the note is refused.
        issued_on: Date of the seller's zone.
        reason: Why, for a person; it stands on the note, without what cannot be printed.
        lines: What to credit; None for all that is left.

    Returns:
        The note, or a refusal: ``nothing_to_credit``, ``credit_exceeds_invoice`` with a finding for
        each line, or ``credit_before_invoice``.

    Raises:
        InvalidInput: a note of another invoice, no reason, or an impossible quantity or price.
        CurrencyMismatch: a price is in another currency than the invoice.
    """
    told = _printable(reason)
    if issued_on < invoice.draft.issued_on:
        return Refusal(
            code="credit_before_invoice",
            reason=f"{issued_on} is before the invoice, which is of {invoice.draft.issued_on}",
        )
    left = creditable(invoice, earlier)
    wanted = left if lines is None else _asked(invoice, left, lines)
    if isinstance(wanted, Refusal):
        return wanted
    if not any(line.net.is_positive for line in wanted):
        return Refusal(
            code="nothing_to_credit", reason=f"nothing is left of {invoice.number.text} to credit"
        )
    return CreditNote(
        number=number,
        invoice=invoice,
        lines=wanted,
        totals=_totals(invoice, earlier, wanted),
        issued_on=issued_on,
        reason=told,
    )


def _printable(reason: str) -> str:
    told = readable(reason).strip()
    if not told:
        raise InvalidInput(field="reason", problem="is empty", allowed="why it is credited")
    return told


def _rest(line: BilledLine, rest: Money) -> BilledLine:
    units, odd = divmod(rest.amount_minor, line.unit_price.amount_minor)
    if odd:
        return evolve(line, quantity=1, unit_price=rest, allowance=None)
    return evolve(line, quantity=units, allowance=None)


def _asked(
    invoice: Invoice, left: tuple[BilledLine, ...], lines: tuple[LineCredit, ...]
) -> tuple[BilledLine, ...] | Refusal:
    findings = _wrong_lines(invoice, lines)
    wanted = () if findings else _as_billed(invoice, lines)
    findings = findings or _excess(wanted, left, invoice.draft.currency)
    if not findings:
        return wanted
    return Refusal(
        code="credit_exceeds_invoice",
        reason="; ".join(finding.message for finding in findings),
        findings=findings,
    )


def _credited(invoice: Invoice, earlier: Iterable[CreditNote], line: str) -> Money:
    for note in earlier:
        if note.invoice.number != invoice.number:
            raise InvalidInput(
                field="earlier",
                problem=f"{note.number.text} credits {note.invoice.number.text}",
                allowed=f"notes of {invoice.number.text}",
            )
    return Money.total(
        (each.net for note in earlier for each in note.lines if each.id == line),
        currency=invoice.draft.currency,
    )


def _wrong_lines(invoice: Invoice, lines: tuple[LineCredit, ...]) -> tuple[Finding, ...]:
    units = {line.id: line.quantity for line in invoice.draft.lines}
    findings = []
    for index, wanted in enumerate(lines):
        where, invoiced = f"lines[{index}]", units.get(wanted.line)
        if invoiced is None:
            message = f"{invoice.number.text} has no line {wanted.line}"
            findings.append(Finding(field=f"{where}.line", code="unknown_line", message=message))
        elif wanted.quantity > invoiced:
            message = f"line {wanted.line} has {invoiced} units, not {wanted.quantity}"
            findings.append(
                Finding(field=f"{where}.quantity", code="out_of_range", message=message)
            )
    return tuple(findings)


def _as_billed(invoice: Invoice, lines: tuple[LineCredit, ...]) -> tuple[BilledLine, ...]:
    billed = {line.id: line for line in invoice.draft.lines}
    return tuple(_one_as_billed(billed[wanted.line], wanted) for wanted in lines)


def _one_as_billed(line: BilledLine, wanted: LineCredit) -> BilledLine:
    if wanted.unit_price is None and wanted.quantity == line.quantity:
        return line
    price = line.unit_price if wanted.unit_price is None else wanted.unit_price
    return evolve(line, quantity=wanted.quantity, unit_price=price, allowance=None)


def _excess(
    wanted: tuple[BilledLine, ...], left: tuple[BilledLine, ...], currency: str
) -> tuple[Finding, ...]:
    findings, rests = [], {line.id: line.net for line in left}
    # Two entries may name one line: what counts is their sum.
    for line in dict.fromkeys(each.id for each in wanted):
        asked = Money.total((each.net for each in wanted if each.id == line), currency=currency)
        rest = rests.get(line, Money.zero(currency))
        if asked > rest:
            message = f"{asked} is asked back for line {line}, and {rest} is left of it"
            findings.append(Finding(field="lines", code="out_of_range", message=message))
    return tuple(findings)


def _totals(
    invoice: Invoice, earlier: tuple[CreditNote, ...], wanted: tuple[BilledLine, ...]
) -> Totals:
    currency = invoice.draft.currency
    said = [row for note in earlier for row in note.totals.rows]
    rows = []
    for row in tax_rows((line.rate, line.net) for line in wanted):
        before = [each for each in said if each.rate == row.rate]
        taxed = Money.total((each.taxable for each in before), currency=currency)
        told = Money.total((each.tax for each in before), currency=currency)
        tax = tax_of(taxed + row.taxable, row.rate) - told
        rows.append(TaxRow(rate=row.rate, taxable=row.taxable, tax=tax))
    return Totals(rows=tuple(rows), currency=currency)
