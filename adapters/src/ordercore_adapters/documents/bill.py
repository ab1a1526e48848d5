"""Invoices and credit notes on paper, with their XML attached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import frozen
from fpdf.fonts import FontFace

from ordercore.domain.billing import BilledLine, CreditNote, Invoice, InvoiceDraft, Totals
from ordercore.ports import Document, Enclosure
from ordercore_adapters.documents.cii import credit_note_xml, invoice_xml
from ordercore_adapters.documents.fonts import Fonts, default_fonts
from ordercore_adapters.documents.letterhead import closing_line, letterhead
from ordercore_adapters.documents.paper import GREY, INK, Paper
from ordercore_adapters.documents.wording import WORDINGS, Tongue, Wording, tongue

__all__ = ["credit_note_pdf", "invoice_pdf", "printed"]

_Rows = tuple[tuple[str, str], ...]

_XML_NAME: Final = "factur-x.xml"  # Factur-X wants this very name
_COLUMNS: Final = (10, 68, 18, 28, 18, 28)
_ALIGNED: Final = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")
_SUM_WIDTH: Final = 86.0
_ROW: Final = 6.0


@frozen(kw_only=True)
class _Bill:
    """What stands on the paper, put into words.

    Attributes:
        facts: Labels and values beside the address.
        taxes: Labels and values below the lines, down to the last tax.
        total: What all of it comes to; in bold, like the last of ``after``.
        after: What has been paid, and what is left.
        reason: Why it is credited, in somebody's own words.
        notes: Sentences at the end.
    """

    title: str
    day: date
    draft: InvoiceDraft
    facts: _Rows
    lines: tuple[BilledLine, ...]
    taxes: _Rows
    total: tuple[str, str]
    after: _Rows = ()
    reason: str = ""
    notes: tuple[str, ...]
    xml: bytes


def invoice_pdf(
    invoice: Invoice,
    *,
    locale: str = "en",
    fonts: Fonts | None = None,
    wordings: Mapping[str, Wording] = WORDINGS,
) -> bytes:
    """Return an invoice as PDF/A-3 with its XML attached as ``factur-x.xml``.

    Args:
        invoice: What it says.
        locale: In which language, and how amounts and dates are written.
        fonts: What it is printed with; `default_fonts` when not given.
        wordings: The words of each language.

    Raises:
        InvalidInput: there is no such locale or there are no words for it, a character is in none
            of the fonts, or the currency has more decimals than EN 16931 has room for.
    """
    told, draft = tongue(locale, wordings), invoice.draft
    words = told.words
    after: _Rows = ()
    if draft.paid.is_positive:
        after = ((words.paid, told.money(-draft.paid)), (words.due, told.money(invoice.due)))
    notes = [draft.terms] if draft.terms else []
    if invoice.due.is_positive and draft.due_on is not None:
        notes.append(words.due_on.format(day=told.day(draft.due_on)))
    if draft.means.account is not None:
        notes.append(words.account.format(iban=draft.means.account))
    bill = _Bill(
        title=f"{words.invoice} {invoice.number.text}",
        day=draft.issued_on,
        draft=draft,
        facts=(
            (words.date, told.day(draft.issued_on)),
            (words.supplied, told.day(draft.supplied_on or draft.issued_on)),
            *_order_facts(draft, words),
        ),
        lines=draft.lines,
        taxes=_tax_rows(invoice.totals, told),
        total=(words.gross, told.money(invoice.totals.gross)),
        after=after,
        notes=(*notes, *_exemptions(invoice.totals)),
        xml=invoice_xml(invoice),
    )
    return _printed(bill, told, fonts or default_fonts())


def credit_note_pdf(
    note: CreditNote,
    *,
    locale: str = "en",
    fonts: Fonts | None = None,
    wordings: Mapping[str, Wording] = WORDINGS,
) -> bytes:
    """Return a credit note as PDF/A-3 with its XML attached; arguments and faults as an invoice."""
    told, draft = tongue(locale, wordings), note.invoice.draft
    words = told.words
    bill = _Bill(
        title=f"{words.credit_note} {note.number.text}",
        day=note.issued_on,
        draft=draft,
        facts=(
            (words.date, told.day(note.issued_on)),
            (words.credits, f"{note.invoice.number.text}\n{told.day(draft.issued_on)}"),
            *_order_facts(draft, words),
        ),
        lines=note.lines,
        taxes=_tax_rows(note.totals, told),
        total=(words.credited, told.money(note.totals.gross)),
        reason=f"{words.reason}: {note.reason}",
        notes=_exemptions(note.totals),
        xml=credit_note_xml(note),
    )
    return _printed(bill, told, fonts or default_fonts())


def printed(document: Document, *, locale: str = "en") -> Enclosure:
    """Return an invoice or a credit note as a file that goes with a letter; faults as for those.

    A host with fonts or words of its own wraps this.
    """
    if isinstance(document, Invoice):
        content = invoice_pdf(document, locale=locale)
    else:
        content = credit_note_pdf(document, locale=locale)
    return Enclosure(
        filename=f"{_plain(document.number.text)}.pdf",
        media_type="application/pdf",
        content=content,
    )


def _plain(number: str) -> str:
    """Return a document's number as it can stand in the name of a file."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in number)


def _order_facts(draft: InvoiceDraft, words: Wording) -> _Rows:
    order = (words.order, draft.order_reference)
    if draft.buyer.vat_id is None:
        return (order,)
    return order, (words.buyer_vat_id, draft.buyer.vat_id)


def _tax_rows(sums: Totals, told: Tongue) -> _Rows:
    taxed = told.words.tax_on
    taxes = (
        (
            taxed.format(percent=told.number(row.rate.percent), net=told.money(row.taxable)),
            told.money(row.tax),
        )
        for row in sums.rows
    )
    return (told.words.net, told.money(sums.net)), *taxes


def _exemptions(sums: Totals) -> tuple[str, ...]:
    return tuple(f"{row.rate.reason}." for row in sums.rows if row.rate.reason)


def _printed(bill: _Bill, told: Tongue, fonts: Fonts) -> bytes:
    draft = bill.draft
    with Paper(
        title=bill.title,
        author=draft.seller.name,
        day=bill.day,
        language=told.language,
        fonts=fonts,
        attached=_XML_NAME,
    ) as paper:
        paper.closing, paper.counting = closing_line(draft.seller, told), told.words.page
        letterhead(
            paper,
            told,
            sender=draft.seller,
            name=draft.buyer.name,
            address=draft.buyer.address,
            title=bill.title,
            facts=bill.facts,
        )
        _write_lines(paper, bill.lines, told)
        _write_sums(paper, bill)
        paper.write_in(INK, 9.5)
        for note in filter(None, (paper.as_far_as_printable(bill.reason), *bill.notes)):
            paper.line_of(note, x=paper.l_margin, y=paper.get_y() + 1.5, width=paper.epw)
        _attach(paper, bill)
        return paper.finished()


def _attach(paper: Paper, bill: _Bill) -> None:
    paper.embed_file(
        bytes=bill.xml,
        basename=_XML_NAME,
        desc=bill.title,
        mime_type="text/xml",
        associated_file_relationship="Alternative",
        creation_date=paper.creation_date,
        modification_date=paper.creation_date,
        compress=True,
        checksum=True,
    )


def _write_lines(paper: Paper, lines: tuple[BilledLine, ...], told: Tongue) -> None:
    words = told.words
    heads = (words.position, words.description, words.quantity, words.unit_price, words.tax)
    paper.write_in(INK, 9)
    with paper.table(
        borders_layout="HORIZONTAL_LINES",
        col_widths=_COLUMNS,
        text_align=_ALIGNED,
        line_height=4.6,
        padding=(1.4, 1),
        v_align="TOP",
        headings_style=FontFace(emphasis="BOLD", color=GREY, size_pt=8.5),
    ) as table:
        table.row((*heads, words.amount))
        for number, line in enumerate(lines, start=1):
            table.row(
                (
                    str(number),
                    _described(line, told),
                    told.number(str(line.quantity)),
                    told.money(line.unit_price),
                    f"{told.number(line.rate.percent)} %",
                    told.money(line.net),
                )
            )


def _described(line: BilledLine, told: Tongue) -> str:
    if line.allowance is None or not line.allowance.is_positive:
        return line.name
    return f"{line.name}\n{told.words.less.format(amount=told.money(line.allowance))}"


def _write_sums(paper: Paper, bill: _Bill) -> None:
    rows = (*bill.taxes, bill.total, *bill.after)
    strong = {bill.total, rows[-1]}
    # All sums on one page, or nobody sees that they add up.
    if paper.will_page_break(_ROW * (len(rows) + 1) + 4):
        paper.add_page()
    paper.rule(paper.get_y())
    y, x = paper.get_y() + 4, paper.w - paper.r_margin - _SUM_WIDTH
    for row in rows:
        if row == bill.total:
            paper.rule(y - 0.6, x=x)
            y += 1
        label, value = row
        paper.write_in(INK, 10.5 if row in strong else 9, style="B" if row in strong else "")
        paper.line_of(label, x=x, y=y, width=_SUM_WIDTH * 0.62)
        paper.line_of(value, x=x + _SUM_WIDTH * 0.62, y=y, width=_SUM_WIDTH * 0.38, align="R")
        y += _ROW
    paper.set_y(y + 3)
