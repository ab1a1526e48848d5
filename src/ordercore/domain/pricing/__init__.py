"""What it costs: versioned price books, formulas as data, explained prices, the quote tolerance."""

from __future__ import annotations

from ordercore.domain.pricing.explain import PricedLine, Step
from ordercore.domain.pricing.formulas import price_line, pricing_gaps
from ordercore.domain.pricing.price_book import (
    AnnualTerms,
    Formula,
    PriceBook,
    PriceBooks,
    Rate,
    Term,
)
from ordercore.domain.pricing.price_table import default_price_book, parse_price_book
from ordercore.domain.pricing.quote import (
    TOLERANCE_EUR,
    AmountKind,
    ConversionRate,
    Match,
    Over,
    Tolerance,
    Under,
    compare_amounts,
    tolerance_for,
)
from ordercore.domain.pricing.taxes import VatRow, vat_by_rate, vat_on
from ordercore.domain.pricing.totals import PricedOrder, price_order

__all__ = [
    "AmountKind",
    "AnnualTerms",
    "ConversionRate",
    "Formula",
    "Match",
    "Over",
    "PriceBook",
    "PriceBooks",
    "PricedLine",
    "PricedOrder",
    "Rate",
    "Step",
    "TOLERANCE_EUR",
    "Term",
    "Tolerance",
    "Under",
    "VatRow",
    "compare_amounts",
    "default_price_book",
    "parse_price_book",
    "price_line",
    "price_order",
    "pricing_gaps",
    "tolerance_for",
    "vat_by_rate",
    "vat_on",
]
