from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import (
    PricedLine,
    Step,
    default_price_book,
    parse_price_book,
    price_line,
    pricing_gaps,
)
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money
from tests.unit.domain.configurations import VALID

MONTHLY, ANNUAL = BillingCycle.MONTHLY, BillingCycle.ANNUAL


def euros(product_type: str, cycle: BillingCycle, **config: Any) -> str:
    """Return the price of the valid example with some fields replaced."""
    line = price_line(product_type, {**VALID[product_type], **config}, cycle, default_price_book())
    return str(line.amount)


@pytest.mark.parametrize(
    ("product_type", "config", "monthly", "annual"),
    [
        ("vps", {"plan": "core"}, "10.00 EUR", "96.00 EUR"),
        ("vps", {"plan": "business"}, "20.10 EUR", "192.96 EUR"),
        ("vps", {"plan": "enterprise"}, "56.60 EUR", "543.36 EUR"),
        ("private_cloud", {"nodes": 3, "storage_tb": 5}, "1750.00 EUR", "16800.00 EUR"),
        ("private_cloud", {"nodes": 20, "storage_tb": 500}, "49000.00 EUR", "470400.00 EUR"),
        ("kubernetes", {"workers": 3, "storage_gb": 1}, "450.50 EUR", "4324.80 EUR"),
        ("kubernetes", {"workers": 50, "storage_gb": 2001}, "8500.50 EUR", "81604.80 EUR"),
        ("gpu", {"gpu": "A100", "nodes": 1, "storage_gb": 1}, "1200.50 EUR", "11524.80 EUR"),
        ("gpu", {"gpu": "H100", "nodes": 8, "storage_gb": 500}, "19450.00 EUR", "186720.00 EUR"),
        (
            "database",
            {"plan": "starter", "storage_gb": 20, "high_availability": False},
            "50.00 EUR",
            "480.00 EUR",
        ),
        (
            "database",
            {"plan": "starter", "storage_gb": 20, "high_availability": True},
            "90.00 EUR",
            "864.00 EUR",
        ),
        (
            "database",
            {"plan": "production", "storage_gb": 2000, "high_availability": False},
            "1120.00 EUR",
            "10752.00 EUR",
        ),
        (
            "database",
            {"plan": "production", "storage_gb": 2000, "high_availability": True},
            "1240.00 EUR",
            "11904.00 EUR",
        ),
        ("storage", {"tier": "standard", "capacity_tb": 1}, "20.00 EUR", "192.00 EUR"),
        ("storage", {"tier": "archive", "capacity_tb": 1000}, "10000.00 EUR", "96000.00 EUR"),
    ],
)
def test_the_default_prices_are_the_published_ones(
    product_type: str, config: dict[str, Any], monthly: str, annual: str
) -> None:
    """Worked out by hand; annual is twelve months less 20 %."""
    assert euros(product_type, MONTHLY, **config) == monthly
    assert euros(product_type, ANNUAL, **config) == annual


def test_high_availability_doubles_the_plan_and_not_the_storage() -> None:
    """The difference is one plan, whatever the storage."""
    line = price_line("database", VALID["database"], MONTHLY, default_price_book())

    assert line == PricedLine(
        amount=Money(29000, "EUR"),
        explain=(
            Step(step="plan production", amount_minor=12000),
            Step(step="high_availability: plan x 2", amount_minor=12000),
            Step(step="storage GB: 100 x 0.50", amount_minor=5000),
        ),
    )


def test_workers_are_billed_and_autoscaling_limits_are_not() -> None:
    """What the cluster may grow to costs nothing until it does."""
    limits = {"min": 3, "max": 50}

    assert euros("kubernetes", MONTHLY) == euros("kubernetes", MONTHLY, autoscaling=limits)


def test_an_annual_price_explains_the_months_and_the_discount() -> None:
    """The discount is a negative step, and the steps add up to the amount."""
    line = price_line("gpu", VALID["gpu"], ANNUAL, default_price_book())

    assert line.explain == (
        Step(step="nodes H100: 2 x 2400.00", amount_minor=480000),
        Step(step="storage GB: 101 x 0.50", amount_minor=5050),
        Step(step="annual: 12 months", amount_minor=5335550),
        Step(step="annual discount: 20 %", amount_minor=-1164120),
    )
    assert sum(step.amount_minor for step in line.explain) == line.amount.amount_minor == 4656480


def own_book(rate: str, *, currency: str = "EUR", discount: str = "20") -> dict[str, Any]:
    """Return a price table that sells one thing by the piece."""
    return {
        "format": 1,
        "version": "own",
        "currency": currency,
        "annual": {"months": 12, "discount_percent": discount},
        "products": {
            "thing": [
                {"step": "pieces", "quantity": "pieces", "rate": rate},
                {"step": "boxes", "quantity": "boxes", "rate": rate},
            ]
        },
    }


@pytest.mark.parametrize(
    ("pieces", "boxes", "expected"),
    [(1, 0, 0), (2, 0, 1), (3, 0, 2), (1, 1, 1), (3, 3, 3), (5, 0, 2), (7, 0, 4)],
)
def test_a_line_is_rounded_once_half_even_and_not_term_by_term(
    pieces: int, boxes: int, expected: int
) -> None:
    """At half a cent apiece, one and one make exactly one cent; a tie goes to the even cent."""
    book = parse_price_book(own_book("0.005"))

    line = price_line("thing", {"pieces": pieces, "boxes": boxes}, MONTHLY, book)

    assert line.amount == Money(expected, "EUR")
    assert sum(step.amount_minor for step in line.explain) == expected


def test_an_annual_price_is_rounded_after_the_discount_only() -> None:
    """Half a cent a month is 4.8 cents a year; rounding the month first would make it nothing."""
    line = price_line(
        "thing", {"pieces": 1, "boxes": 0}, ANNUAL, parse_price_book(own_book("0.005"))
    )

    assert line.amount == Money(5, "EUR")
    assert [step.amount_minor for step in line.explain] == [0, 0, 6, -1]


@pytest.mark.parametrize(
    ("currency", "rate", "expected"),
    [("JPY", "120", "2400 JPY"), ("JPY", "0.5", "10 JPY"), ("BHD", "0.125", "2.500 BHD")],
)
def test_currencies_without_two_decimals_are_priced_in_their_own_minor_unit(
    currency: str, rate: str, expected: str
) -> None:
    """No place assumes cents."""
    book = parse_price_book(own_book(rate, currency=currency))

    assert str(price_line("thing", {"pieces": 20, "boxes": 0}, MONTHLY, book).amount) == expected


def test_a_discount_may_have_decimals_or_be_nothing() -> None:
    """12.5 % comes off exactly, and no discount leaves no step."""
    config = {"pieces": 1, "boxes": 0}

    some = price_line("thing", config, ANNUAL, parse_price_book(own_book("10", discount="12.5")))
    none = price_line("thing", config, ANNUAL, parse_price_book(own_book("10", discount="0")))

    assert some.amount == Money(10500, "EUR")
    assert some.explain[-1] == Step(step="annual discount: 12.5 %", amount_minor=-1500)
    assert none.amount == Money(12000, "EUR")
    assert none.explain[-1].step == "annual: 12 months"


def gaps(product_type: str, config: dict[str, Any]) -> list[tuple[str, str]]:
    """Return field and code of everything the default book cannot price."""
    found = pricing_gaps(product_type, config, default_price_book())
    return [(gap.field, gap.code) for gap in found]


@pytest.mark.parametrize("product_type", VALID)
def test_a_valid_configuration_has_no_pricing_gap(product_type: str) -> None:
    """Everything the default catalogue sells has a price."""
    assert gaps(product_type, VALID[product_type]) == []


@pytest.mark.parametrize(
    ("product_type", "config", "fields"),
    [
        ("desk", {}, [""]),
        ("vps", {"plan": "gold"}, ["plan"]),
        ("vps", {"plan": ["core"]}, ["plan"]),
        ("vps", {}, ["plan"]),
        ("kubernetes", {"workers": 3}, ["storage_gb"]),
        ("kubernetes", {"workers": True, "storage_gb": "5"}, ["workers", "storage_gb"]),
        ("database", {"storage_gb": 5}, ["plan", "high_availability"]),
        ("database", {"plan": "starter", "storage_gb": 5, "high_availability": 1}, None),
    ],
)
def test_what_cannot_be_priced_is_found_beforehand_and_refused_as_a_fault_later(
    product_type: str, config: dict[str, Any], fields: list[str] | None
) -> None:
    """Gaps are findings; pricing regardless raises with the first of them, and guesses nothing."""
    expected = ["high_availability"] if fields is None else fields

    assert gaps(product_type, config) == [(field, "not_priced") for field in expected]
    with pytest.raises(InvalidInput) as caught:
        price_line(product_type, config, MONTHLY, default_price_book())
    assert caught.value.field == (expected[0] or "type")
