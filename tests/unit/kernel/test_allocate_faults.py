from __future__ import annotations

from collections.abc import Sequence

import pytest

from ordercore.kernel.allocate import allocate, allocate_with_limits
from ordercore.kernel.errors import CurrencyMismatch, InvalidInput
from ordercore.kernel.money import Money

FIVE = Money(5, "EUR")
WHOLE = "whole numbers, zero or more"


@pytest.mark.parametrize(
    ("weights", "field", "problem", "allowed"),
    [
        ([], "weights", "is empty", "at least one weight"),
        ([0, 0], "weights", "are all zero", "at least one positive weight"),
        ([1, -1], "weights[1]", "is negative", WHOLE),
        ([1, 1.0], "weights[1]", "got float", WHOLE),
    ],
)
def test_a_fault_about_weights_says_what_is_wrong_with_which_and_what_is_allowed(
    weights: Sequence[int], field: str, problem: str, allowed: str
) -> None:
    """The position counts from nought, as in the sequence handed in."""
    with pytest.raises(InvalidInput) as caught:
        allocate(FIVE, weights)

    assert (field, problem, allowed) == (
        caught.value.field,
        caught.value.problem,
        caught.value.allowed,
    )


@pytest.mark.parametrize(
    ("limits", "field", "problem", "allowed"),
    [
        ([FIVE], "limits", "has 1 entries", "2"),
        ([FIVE, -FIVE], "limits[1]", "is negative", "zero or more"),
    ],
)
def test_a_fault_about_limits_says_what_is_wrong_with_which_and_what_is_allowed(
    limits: Sequence[Money], field: str, problem: str, allowed: str
) -> None:
    """As many limits as weights, none below zero."""
    with pytest.raises(InvalidInput) as caught:
        allocate_with_limits(FIVE, [1, 1], limits)

    assert (field, problem, allowed) == (
        caught.value.field,
        caught.value.problem,
        caught.value.allowed,
    )


def test_a_limit_in_another_currency_is_refused_with_both_named() -> None:
    """The currency of the amount comes first."""
    with pytest.raises(CurrencyMismatch) as caught:
        allocate_with_limits(FIVE, [1], [Money(5, "USD")])

    assert (caught.value.left, caught.value.right) == ("EUR", "USD")
