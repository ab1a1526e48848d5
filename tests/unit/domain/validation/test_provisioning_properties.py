from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.catalog import BillingCycle, default_catalogue
from ordercore.domain.pricing import default_price_book, price_line, price_order
from ordercore.domain.validation import (
    ALL_RULES,
    STATIC_RULES,
    LiveFacts,
    OrderFacts,
    validate_item,
    validate_order,
)
from tests.unit.domain.configurations import JSON, TYPES, is_valid, nearly_good_items

LIVE = LiveFacts(
    unavailable_regions=frozenset({"mb-1"}),
    quota_remaining={"vps": 1, "kubernetes.workers": 20, "gpu.nodes": 4},
    incompatible_images=frozenset({("core", "rocky-9")}),
    billing_cycles=frozenset({"monthly"}),
)


def order(items: list[tuple[Any, Any]], cycle: object, currency: object) -> OrderFacts:
    """Return facts about an order in the default catalogue."""
    return OrderFacts(
        items=tuple(items),
        billing_cycle=cycle,
        currency=currency,
        catalogue=default_catalogue(),
        price_book=default_price_book(),
        live=LIVE,
    )


@given(product_type=TYPES | JSON, config=JSON)
def test_one_item_of_arbitrary_json_is_judged_without_an_error(
    product_type: Any, config: Any
) -> None:
    """Either there are findings, each with a field and a code, or a price can be computed."""
    report = validate_item(product_type, config, default_catalogue(), default_price_book())

    assert all(finding.field and finding.code for finding in report.findings)
    if report.ok:
        price_line(product_type, config, BillingCycle.MONTHLY, default_price_book())


@given(item=nearly_good_items())
def test_an_item_is_accepted_exactly_when_the_published_rules_accept_it(
    item: tuple[str, dict[str, Any]],
) -> None:
    """And what is accepted has a price."""
    product_type, config = item

    report = validate_item(product_type, config, default_catalogue(), default_price_book())

    assert report.ok == is_valid(product_type, config)
    if report.ok:
        line = price_line(product_type, config, BillingCycle.ANNUAL, default_price_book())
        assert line.amount.is_positive


@given(
    items=st.lists(nearly_good_items() | st.tuples(TYPES | JSON, JSON), max_size=4),
    cycle=st.sampled_from(["monthly", "annual"]) | JSON,
    currency=st.just("EUR") | JSON,
)
def test_an_order_of_arbitrary_json_is_judged_and_what_passes_can_be_priced(
    items: list[tuple[Any, Any]], cycle: Any, currency: Any
) -> None:
    """No order that passes the static rules fails later for want of a price."""
    facts = order(items, cycle, currency)

    static = validate_order(facts, STATIC_RULES)
    every = validate_order(facts, ALL_RULES)

    assert every.findings[: len(static.findings)] == static.findings
    if static.ok:
        priced = price_order(items, BillingCycle(cycle), default_price_book())
        assert priced.total.is_positive


@given(items=st.lists(nearly_good_items(), min_size=1, max_size=4))
def test_an_order_reports_every_finding_of_every_item(
    items: list[tuple[str, dict[str, Any]]],
) -> None:
    """The findings of the order are those of its items, put below their place in the order."""
    expected = sorted(
        (f"items[{number}].config.{finding.field}", finding.code)
        for number, (product_type, config) in enumerate(items)
        for finding in validate_item(product_type, config, default_catalogue()).findings
    )

    report = validate_order(order(list(items), "monthly", "EUR"), STATIC_RULES)

    assert sorted((finding.field, finding.code) for finding in report.findings) == expected
