"""No price is below zero: neither by a book that was made in code, nor by what is ordered."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import (
    default_price_book,
    parse_price_book,
    price_line,
    pricing_gaps,
)
from ordercore.kernel.errors import DefinitionError, InvalidInput

PER_PIECE = parse_price_book(
    {
        "format": 1,
        "version": "pieces",
        "currency": "EUR",
        "annual": {"months": 12, "discount_percent": "100"},
        "products": {"thing": [{"step": "piece", "rate": "0.5", "quantity": "pieces"}]},
    }
)


BOOK = default_price_book()
FIRST = BOOK.formulas[0]


def in_first_term(**changes: Any) -> dict[str, Any]:
    """Return what to change of the book to change the first term of its first formula."""
    term, *terms = FIRST.terms
    return {"formulas": (evolve(FIRST, terms=(evolve(term, **changes), *terms)),)}


def in_annual(**changes: Any) -> dict[str, Any]:
    """Return what to change of the book to change what a year costs."""
    return {"annual": evolve(BOOK.annual, **changes)}


RATES = FIRST.terms[0].rates
BELOW_ZERO = in_first_term(rates=(*RATES[:-1], evolve(RATES[-1], parts=-1)))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (BELOW_ZERO, "a rate must not be negative"),
        (in_first_term(multiplier=0), "the multiplier must be at least 1"),
        (in_annual(months=0), "annual.months must be at least 1"),
        (in_annual(discount_percent="100.01"), "discount_percent must be from 0 to 100"),
        (in_annual(discount_percent="-0.01"), "discount_percent must be from 0 to 100"),
    ],
)
def test_a_book_that_could_make_a_price_negative_cannot_be_made(
    changes: dict[str, Any], problem: str
) -> None:
    """One that was put together in code is refused like one in a file."""
    with pytest.raises(DefinitionError, match=problem) as refused:
        evolve(BOOK, **changes)
    assert BOOK.version in refused.value.name


def test_all_that_is_wrong_with_a_book_is_said_at_once() -> None:
    """With the product and the step."""
    with pytest.raises(DefinitionError) as refused:
        evolve(BOOK, **BELOW_ZERO, **in_annual(months=0))
    assert refused.value.problems == (
        "annual.months must be at least 1",
        f"{FIRST.product_type}, {FIRST.terms[0].step}: a rate must not be negative",
    )


@given(pieces=st.integers(), cycle=st.sampled_from(BillingCycle))
@example(pieces=-1, cycle=BillingCycle.MONTHLY)
@example(pieces=0, cycle=BillingCycle.MONTHLY)
def test_whatever_quantity_is_asked_for_is_a_gap_or_costs_nothing_at_least(
    pieces: int, cycle: BillingCycle
) -> None:
    """A negative count slips in where a host's catalogue forgot its limit."""
    config = {"pieces": pieces}
    gaps = pricing_gaps("thing", config, PER_PIECE)

    assert [(gap.field, gap.allowed) for gap in gaps] == (
        [] if pieces >= 0 else [("pieces", "0 or more")]
    )
    if gaps:
        with pytest.raises(InvalidInput):
            price_line("thing", config, cycle, PER_PIECE)
    else:
        assert not price_line("thing", config, cycle, PER_PIECE).amount.is_negative
