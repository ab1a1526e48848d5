"""Runs that once broke a law. Each found a mistake that has been mended; none may come back."""

from __future__ import annotations

import pytest

from ordercore.testing.simulation import make_plan, run_plan
from tests.simulation.planted import healthy

SEEDS = [
    (2, 100, "rough"),  # a worker dropped a saga's work on the word of a lagging reader
    (1, 100, "hostile"),  # the same, for a saga that was being redelivered
    (3, 150, "rough"),  # credentials of the item that came up last were not mailed
    (1, 150, "hostile"),  # an order was cancelled past its saga: refunded, and still built
    (15, 230, "hostile"),  # an operator's doubled click was called wrong input
]


@pytest.mark.parametrize(("seed", "orders", "profile"), SEEDS)
def test_a_seed_that_once_broke_a_law_breaks_none(seed: int, orders: int, profile: str) -> None:
    """What it found is mended."""
    assert run_plan(make_plan(seed=seed, orders=orders, profile=profile), healthy).violation is None
