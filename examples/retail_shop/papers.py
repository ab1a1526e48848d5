"""Invoices and credit notes as PDF, where the extra ``documents`` is installed."""

from __future__ import annotations

from importlib.util import find_spec

from ordercore import Order, Refusal
from ordercore.domain.processes.retail import credit_note_of, invoice_of
from ordercore.ports import Enclosure, Letter

__all__ = ["PAPERS_ARE_MADE", "credit_note_paper", "invoice_paper", "printed"]

PAPERS_ARE_MADE = all(find_spec(name) for name in ("fpdf", "fontpkg", "barcode", "babel"))
"""Whether the libraries that print are there."""

_NOT_HERE = Refusal(code="not_found", reason="papers need the extra 'documents'")


def invoice_paper(order: Order) -> bytes | Refusal:
    """Return the invoice of an order; it is made anew each time and is always the same."""
    if not PAPERS_ARE_MADE:
        return _NOT_HERE
    from ordercore_adapters.documents import invoice_pdf  # noqa: PLC0415 - needs an extra

    found = invoice_of(order)
    return found if isinstance(found, Refusal) else invoice_pdf(found)


def credit_note_paper(order: Order) -> bytes | Refusal:
    """Return the credit note of an order that was invoiced and then called off or sent back."""
    if not PAPERS_ARE_MADE:
        return _NOT_HERE
    from ordercore_adapters.documents import credit_note_pdf  # noqa: PLC0415 - needs an extra

    found = credit_note_of(order)
    return found if isinstance(found, Refusal) else credit_note_pdf(found)


def printed(letter: Letter) -> tuple[Enclosure, ...]:
    """Return what goes with a letter, as files; without the extra it names them only."""
    if not PAPERS_ARE_MADE:
        return ()
    from ordercore_adapters.documents import printed as on_paper  # noqa: PLC0415 - needs an extra

    return tuple(on_paper(document, locale="en") for document in letter.documents)
