"""Pricing five lines: this library with its explanation, bare integers, Decimal."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.pricing import default_price_book, price_order
from ordercore.kernel.money import Rounding, round_ratio
from tests.bench.measure import compare

WORKERS = (3, 7, 12, 30, 50)
STORAGE = (20, 133, 500, 999, 2001)
ITEMS = tuple(
    (
        "kubernetes",
        {"region": "lj-1", "workers": workers, "storage_gb": gb, "storage_class": "ssd"},
    )
    for workers, gb in zip(WORKERS, STORAGE, strict=True)
)


def _integers() -> int:
    total = 0
    for workers, gb in zip(WORKERS, STORAGE, strict=True):
        total += round_ratio((workers * 15000 + gb * 50) * 12 * 80, 100, Rounding.HALF_EVEN)
    return total


def _decimals() -> Decimal:
    total, cent = Decimal(0), Decimal("0.01")
    for workers, gb in zip(WORKERS, STORAGE, strict=True):
        monthly = workers * Decimal(150) + gb * Decimal("0.50")
        total += (monthly * 12 * Decimal("0.80")).quantize(cent, ROUND_HALF_EVEN)
    return total


def test_pricing() -> None:
    """Annual prices of five clusters; all variants agree."""
    book = default_price_book()

    def library() -> int:
        return price_order(ITEMS, BillingCycle.ANNUAL, book).total.amount_minor

    assert library() == _integers() == int(_decimals() * 100)
    compare(
        "pricing five lines (bare integers = 1)",
        {
            "bare integers, no explanation": _integers,
            "Decimal, no explanation": _decimals,
            "ordercore price_order with explanation": library,
        },
    )
