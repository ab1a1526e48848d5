"""Interpret the formulas of a price book: what one configured item costs.

The monthly price is the exact sum of the terms; annual billing multiplies it by the months and
takes the discount off; the line is rounded once, half-even, at the very end. All arithmetic is on
integers (parts of a minor unit), and values are built only at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ordercore.domain.catalog import BillingCycle, describe_value, lookup
from ordercore.domain.pricing.explain import PricedLine, Step
from ordercore.domain.pricing.price_book import PriceBook, Term
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money, Rounding, round_ratio
from ordercore.kernel.result import Finding

__all__ = ["price_line", "pricing_gaps"]


def price_line(
    product_type: str, config: Mapping[str, object], cycle: BillingCycle, book: PriceBook
) -> PricedLine:
    """Return the price of one item for one billing period, with its explanation.

    Args:
        product_type: Name of the product type.
        config: A configuration that has been validated.
        cycle: Monthly or annual billing.
        book: The price book of the wanted currency.

    Raises:
        InvalidInput: the book cannot price this configuration; `pricing_gaps` says so beforehand.
    """
    gaps = pricing_gaps(product_type, config, book)
    if gaps:
        raise InvalidInput(field=gaps[0].field, problem=gaps[0].message, allowed=gaps[0].allowed)
    formula = book.formula(product_type)
    terms = formula.terms if formula else ()
    unit = book.parts_per_minor
    steps: list[Step] = []
    running = shown = 0
    for term in terms:
        for label, parts in _term_steps(term, config):
            running += parts
            rounded = round_ratio(running, unit, Rounding.HALF_EVEN)
            steps.append(Step(step=label, amount_minor=rounded - shown))
            shown = rounded
    if cycle is BillingCycle.ANNUAL:
        for label, rounded in _annual_steps(running, book):
            steps.append(Step(step=label, amount_minor=rounded - shown))
            shown = rounded
    return PricedLine(amount=Money(shown, book.currency), explain=tuple(steps))


def pricing_gaps(
    product_type: str, config: Mapping[str, object], book: PriceBook
) -> tuple[Finding, ...]:
    """Return why the book cannot price this configuration; empty when it can.

    An empty field path means the product type itself has no price.
    """
    formula = book.formula(product_type)
    if formula is None:
        return (
            Finding(
                field="",
                code="not_priced",
                message=f"{describe_value(product_type)} has no price in book {book.version}",
                allowed=", ".join(f.product_type for f in book.formulas),
            ),
        )
    return tuple(gap for term in formula.terms for gap in _term_gaps(term, config, book))


def _term_gaps(term: Term, config: Mapping[str, object], book: PriceBook) -> Iterator[Finding]:
    if term.rate_by is not None and term.rate_for(lookup(config, term.rate_by)) is None:
        yield Finding(
            field=term.rate_by,
            code="not_priced",
            message=f"{term.step} has no rate for this value in book {book.version}",
            allowed=", ".join(rate.value for rate in term.rates),
        )
    if term.quantity is not None and type(lookup(config, term.quantity)) is not int:
        yield Finding(
            field=term.quantity,
            code="not_priced",
            message=f"{term.step} is priced by quantity and there is no whole number here",
        )
    if term.multiplied_when is not None:
        flag = lookup(config, term.multiplied_when)
        if not isinstance(flag, bool):
            yield Finding(
                field=term.multiplied_when,
                code="not_priced",
                message=f"{term.step} depends on this flag and it is neither true nor false",
            )


def _term_steps(term: Term, config: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    """Yield the steps of one term in parts of a minor unit: the rate, and what a flag adds."""
    chosen = "" if term.rate_by is None else lookup(config, term.rate_by)
    rate = term.rate_for(chosen)
    quantity = 1 if term.quantity is None else lookup(config, term.quantity)
    # pricing_gaps found nothing, so both are there.
    assert rate is not None
    assert isinstance(quantity, int)
    label = f"{term.step} {rate.value}" if rate.value else term.step
    if term.quantity is not None:
        label = f"{label}: {quantity} x {rate.text}"
    parts = rate.parts * quantity
    yield label, parts
    if term.multiplied_when is not None and lookup(config, term.multiplied_when) is True:
        yield (
            f"{term.multiplied_when}: {term.step} x {term.multiplier}",
            parts * (term.multiplier - 1),
        )


def _annual_steps(monthly_parts: int, book: PriceBook) -> Iterator[tuple[str, int]]:
    """Yield the running total in minor units after each step from a monthly to an annual price."""
    months, percent = book.annual.months, book.annual.discount_percent
    unit = book.parts_per_minor
    yield f"annual: {months} months", round_ratio(monthly_parts * months, unit, Rounding.HALF_EVEN)
    if percent:
        hundred = 100 * percent.denominator
        kept = hundred - percent.numerator
        total = round_ratio(monthly_parts * months * kept, unit * hundred, Rounding.HALF_EVEN)
        yield f"annual discount: {_percent_text(percent)} %", total


def _percent_text(percent: Fraction) -> str:
    """Return the percentage in plain digits; it came from decimal text, so it has an end."""
    whole, rest = divmod(percent, 1)
    digits = ""
    while rest:
        digit, rest = divmod(rest * 10, 1)
        digits += str(digit)
    return f"{whole}.{digits}" if digits else str(whole)
