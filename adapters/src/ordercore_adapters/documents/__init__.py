"""Papers as PDF: invoices and credit notes with their data inside, packing slips, labels.

The same value gives the same bytes, on any machine with the same releases of the libraries: no
clock is read and no number is drawn. Invoices and credit notes are PDF/A-3 and carry themselves as
XML by EN 16931, so that a program on the other side can read them (Factur-X, also called ZUGFeRD).
Needs the extra ``documents``.
"""

try:
    import barcode as _barcode  # noqa: F401
    import fontpkg as _fontpkg  # noqa: F401
    import fpdf as _fpdf  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("barcode", "fontpkg", "fpdf"):
        raise
    raise ModuleNotFoundError(
        "documents need the extra 'documents': pip install 'ordercore-adapters[documents]'",
        name=error.name,
    ) from error

from ordercore_adapters.documents.bill import credit_note_pdf, invoice_pdf, printed
from ordercore_adapters.documents.cii import credit_note_xml, invoice_xml
from ordercore_adapters.documents.fonts import Fonts, default_fonts
from ordercore_adapters.documents.label import ShippingLabel, shipping_label_pdf
from ordercore_adapters.documents.slip import PackingSlip, SlipLine, packing_slip_pdf
from ordercore_adapters.documents.wording import WORDINGS, Wording

__all__ = [
    "Fonts",
    "PackingSlip",
    "ShippingLabel",
    "SlipLine",
    "WORDINGS",
    "Wording",
    "credit_note_pdf",
    "credit_note_xml",
    "default_fonts",
    "invoice_pdf",
    "invoice_xml",
    "packing_slip_pdf",
    "printed",
    "shipping_label_pdf",
]
