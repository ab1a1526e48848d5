"""Invoices and credit notes, their numbers and their taxes."""

from ordercore.domain.billing.credit import CreditNote, LineCredit, credit, creditable
from ordercore.domain.billing.invoice import (
    Invoice,
    InvoiceDraft,
    MeansCode,
    PaymentMeans,
    issue_invoice,
)
from ordercore.domain.billing.lines import BilledLine, Totals, totals
from ordercore.domain.billing.numbering import (
    CREDIT_NOTE_NUMBERS,
    INVOICE_NUMBERS,
    DocumentKind,
    DocumentNumber,
    NumberFormat,
)
from ordercore.domain.billing.tax import (
    EXEMPTING,
    TaxCategory,
    TaxRate,
    TaxRow,
    tax_of,
    tax_rows,
)
from ordercore.kernel.legal_party import Party

__all__ = [
    "BilledLine",
    "CREDIT_NOTE_NUMBERS",
    "CreditNote",
    "DocumentKind",
    "DocumentNumber",
    "EXEMPTING",
    "INVOICE_NUMBERS",
    "Invoice",
    "InvoiceDraft",
    "LineCredit",
    "MeansCode",
    "NumberFormat",
    "Party",
    "PaymentMeans",
    "TaxCategory",
    "TaxRate",
    "TaxRow",
    "Totals",
    "credit",
    "creditable",
    "issue_invoice",
    "tax_of",
    "tax_rows",
    "totals",
]
