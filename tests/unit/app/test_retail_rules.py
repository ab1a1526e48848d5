"""Rules under which no order could come to its end are refused when they are made."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.processes.retail import Handling
from ordercore.kernel.errors import InvalidInput
from tests.unit.app.retail_shop import RULES


@pytest.mark.parametrize(
    "odd",
    [
        {"transit_days": (3, 1)},
        {"transit_days": (-1, 1)},
        {"transit_days": (1,)},
        {"transit_days": 2},
        {"handling_days": -1},
        {"handling_days": 1.5},
    ],
    ids=str,
)
def test_days_by_which_nothing_could_arrive_are_refused(odd: dict[str, Any]) -> None:
    """Else a paid order could not be confirmed, and its money would be held for nothing."""
    with pytest.raises(InvalidInput):
        Handling(**odd)


@pytest.mark.parametrize("series", ["", "  ", "a\nb", "x" * 201, None])
def test_a_series_that_cannot_be_named_is_refused(series: Any) -> None:
    """Else goods would be packed and paid, and have no invoice to leave with."""
    with pytest.raises(InvalidInput, match="series"):
        evolve(RULES, series=series)
