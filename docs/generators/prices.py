"""The default price book, term by term, with the marks of what is assumed."""

from __future__ import annotations

from generators.markdown import section, table
from ordercore.domain.pricing import TOLERANCE_EUR, Formula, Term, default_price_book

__all__ = ["page"]

_INTRODUCTION = """\
# Price book

The default book, version `{version}`, in {currency}, net of VAT, per month. A price is the sum of
its terms. A year costs {months} monthly prices less {discount} %. Each line is rounded once,
half-even, to the minor unit; a total is the sum of rounded lines. There is one book per currency,
and nothing is converted from one into another: a currency without a book is a finding.

The book is data: a host passes its own with `ProvisioningRules(price_books=...)`. An order keeps
the version it was priced with, and its prices, for good.
"""

_TOLERANCE = """\
An amount from outside (a customer's quote, a payment) may differ from ours by {tolerance}, the
limit included; nowhere else is there a tolerance. Our price stands either way. For another currency
the limit is converted with a rate the host states in `ProvisioningRules(rates=...)`; without one
only the exact amount matches.
"""


def page() -> str:
    """Return the page, one row per term."""
    book = default_price_book()
    intro = _INTRODUCTION.format(
        version=book.version,
        currency=book.currency,
        months=book.annual.months,
        discount=book.annual.discount_percent,
    )
    assumed = [(f"`{product}`", step, why) for product, step, why in book.assumptions]
    return "\n".join(
        [
            intro,
            section(2, "Formulas"),
            table(
                ("product type", "price per month"),
                ((f"`{formula.product_type}`", _formula(formula)) for formula in book.formulas),
            ),
            section(2, "Assumptions"),
            "Rates that are the library's own choice and not a published price:\n",
            table(("product type", "term", "why"), assumed),
            section(2, "Tolerance"),
            _TOLERANCE.format(tolerance=f"at most {TOLERANCE_EUR}"),
        ]
    )


def _formula(formula: Formula) -> str:
    return " + ".join(_term(term) for term in formula.terms)


def _term(term: Term) -> str:
    rates = ", ".join(f"{rate.value} {rate.text}".strip() for rate in term.rates)
    text = f"({rates} by `{term.rate_by}`)" if term.rate_by else rates
    if term.quantity:
        text = f"`{term.quantity}` x {text}"
    if term.multiplied_when:
        text = f"{text} x {term.multiplier} when `{term.multiplied_when}`"
    return text
