from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import (
    default_price_book,
    parse_price_book,
    price_line,
    price_order,
    pricing_gaps,
)
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from tests.unit.domain.configurations import JSON, TYPES, good_items, price_minor

CYCLES = st.sampled_from(BillingCycle)
DECIMALS = st.builds(
    lambda whole, rest: f"{whole}.{rest}" if rest else str(whole),
    st.integers(0, 9999),
    st.text(alphabet="0123456789", max_size=5),
)


@given(item=good_items(), cycle=CYCLES)
def test_every_price_agrees_with_the_published_formulas_in_decimal_arithmetic(
    item: tuple[str, dict[str, Any]], cycle: BillingCycle
) -> None:
    """The decimal module computes the same amount from the formulas written out by hand."""
    product_type, config = item

    line = price_line(product_type, config, cycle, default_price_book())

    assert line.amount == Money(price_minor(product_type, config, cycle), "EUR")


@given(items=st.lists(good_items(), max_size=6), cycle=CYCLES)
def test_the_total_is_the_sum_of_the_lines_and_each_line_the_sum_of_its_steps(
    items: list[tuple[str, dict[str, Any]]], cycle: BillingCycle
) -> None:
    """Nothing is rounded a second time and nothing is lost on the way."""
    priced = price_order(items, cycle, default_price_book())

    assert len(priced.lines) == len(items)
    for line in priced.lines:
        assert line.amount.amount_minor == sum(step.amount_minor for step in line.explain)
    assert priced.total == Money(sum(line.amount.amount_minor for line in priced.lines), "EUR")


@given(
    rates=st.lists(DECIMALS, min_size=1, max_size=4),
    quantity=st.integers(0, 10**6),
    percent=st.one_of(st.just("100"), DECIMALS.map(lambda text: text[-2:].lstrip("0.") or "0")),
    months=st.integers(1, 24),
    cycle=CYCLES,
)
def test_any_book_is_exact_until_one_rounding_at_the_end(
    rates: list[str], quantity: int, percent: str, months: int, cycle: BillingCycle
) -> None:
    """With fractions as witness: the amount is the exact price, rounded once to the even cent."""
    book = parse_price_book(
        {
            "format": 1,
            "version": "any",
            "currency": "EUR",
            "annual": {"months": months, "discount_percent": percent},
            "products": {"thing": [{"step": "s", "quantity": "n", "rate": rate} for rate in rates]},
        }
    )

    line = price_line("thing", {"n": quantity}, cycle, book)

    exact = sum((Fraction(rate) for rate in rates), Fraction(0)) * quantity * 100
    if cycle is BillingCycle.ANNUAL:
        exact = exact * months * (100 - Fraction(percent)) / 100
    assert line.amount == Money(round(exact), "EUR")
    assert line.amount.amount_minor == sum(step.amount_minor for step in line.explain)


@given(product_type=TYPES, config=st.dictionaries(st.text(), JSON), cycle=CYCLES)
def test_arbitrary_json_is_either_priced_or_named_as_a_gap(
    product_type: str, config: dict[str, Any], cycle: BillingCycle
) -> None:
    """Pricing never fails in any other way than the documented one."""
    gaps = pricing_gaps(product_type, config, default_price_book())
    if not gaps:
        price_line(product_type, config, cycle, default_price_book())
        return
    with pytest.raises(InvalidInput) as refused:
        price_line(product_type, config, cycle, default_price_book())
    assert refused.value.field == gaps[0].field
