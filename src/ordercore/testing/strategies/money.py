"""Amounts in every currency there is."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel.currency import CURRENCIES
from ordercore.kernel.money import Money

__all__ = ["LARGEST_AMOUNT", "amounts", "currencies", "money"]

LARGEST_AMOUNT = 10**15
"""In minor units: more than any order is worth, and well within 64 bits."""


def currencies() -> st.SearchStrategy[str]:
    """Draw an ISO 4217 code; EUR is what failures shrink to."""
    return st.sampled_from(sorted(CURRENCIES, key=lambda code: (code != "EUR", code)))


def amounts(*, minimum: int = 0, maximum: int = LARGEST_AMOUNT) -> st.SearchStrategy[int]:
    """Draw a number of minor units."""
    return st.integers(minimum, maximum)


def money(
    *,
    currency: str | None = None,
    minimum: int = -LARGEST_AMOUNT,
    maximum: int = LARGEST_AMOUNT,
) -> st.SearchStrategy[Money]:
    """Draw an amount, negative ones included unless ``minimum`` says otherwise.

    Args:
        currency: Any, unless given.
        minimum: In minor units; likewise ``maximum``.
    """
    codes = currencies() if currency is None else st.just(currency)
    return st.builds(Money, amounts(minimum=minimum, maximum=maximum), codes)
