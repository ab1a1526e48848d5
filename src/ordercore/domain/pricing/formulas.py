"""Interpret the formulas of a price book: what one configured item costs.

The monthly price is the exact sum of the terms; annual billing multiplies it by the months and
takes the discount off; the line is rounded once, half-even, at the very end. All arithmetic is on
integers (parts of a minor unit), and values are built only at the edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    formula = book.formula(product_type)
    if formula is None:
        raise _not_priced(product_type, config, book)
    unit = book.parts_per_minor
    steps: list[Step] = []
    running = shown = 0
    for term in formula.terms:
        priced = _term_steps(term, config)
        if priced is None:
            raise _not_priced(product_type, config, book)
        for label, parts in priced:
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
    if term.quantity is not None and _counted(lookup(config, term.quantity)) is None:
        yield Finding(
            field=term.quantity,
            code="not_priced",
            message=f"{term.step} is priced by quantity and there is no whole number here",
            allowed="0 or more",
        )
    if term.multiplied_when is not None:
        flag = lookup(config, term.multiplied_when)
        if not isinstance(flag, bool):
            yield Finding(
                field=term.multiplied_when,
                code="not_priced",
                message=f"{term.step} depends on this flag and it is neither true nor false",
            )


def _term_steps(term: Term, config: Mapping[str, object]) -> list[tuple[str, int]] | None:
    """Return the steps of one term in parts of a minor unit; None when it has a gap."""
    rate = term.rate_for("" if term.rate_by is None else lookup(config, term.rate_by))
    if rate is None:
        return None
    label = f"{term.step} {rate.value}" if rate.value else term.step
    parts = rate.parts
    if term.quantity is not None:
        quantity = _counted(lookup(config, term.quantity))
        if quantity is None:
            return None
        label = f"{label}: {quantity} x {rate.text}"
        parts *= quantity
    steps = [(label, parts)]
    if term.multiplied_when is not None:
        flag = lookup(config, term.multiplied_when)
        if not isinstance(flag, bool):
            return None
        if flag:
            label = f"{term.multiplied_when}: {term.step} x {term.multiplier}"
            steps.append((label, parts * (term.multiplier - 1)))
    return steps


def _counted(value: object) -> int | None:
    """Return a quantity, or None for what cannot be one: less than nothing would cost less, too."""
    return value if type(value) is int and value >= 0 else None


def _annual_steps(monthly_parts: int, book: PriceBook) -> Iterator[tuple[str, int]]:
    """Yield the running total in minor units after each step from a monthly to an annual price."""
    annual, unit = book.annual, book.parts_per_minor
    year = monthly_parts * annual.months
    yield f"annual: {annual.months} months", round_ratio(year, unit, Rounding.HALF_EVEN)
    kept = annual.kept
    if kept != 1:
        total = round_ratio(year * kept.numerator, unit * kept.denominator, Rounding.HALF_EVEN)
        yield f"annual discount: {annual.discount_percent} %", total


def _not_priced(product_type: str, config: Mapping[str, object], book: PriceBook) -> InvalidInput:
    gap = pricing_gaps(product_type, config, book)[0]
    return InvalidInput(field=gap.field or "type", problem=gap.message, allowed=gap.allowed)
