"""Picks, parcels and what the check found."""

from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.fulfilment import Defect, PackedUnits, Parcel, PickResult, QualityCheck
from ordercore.kernel import InvalidInput, ItemId

UNITS = PackedUnits(item=ItemId("1"), quantity=2)


def test_a_pick_is_complete_when_nothing_is_missing() -> None:
    """One that found nothing is a pick as well."""
    assert PickResult(picked=2).complete
    assert not PickResult(picked=0, missing=2).complete


def test_a_check_passes_when_nothing_is_wrong() -> None:
    """One broken unit is enough to fail it."""
    broken = Defect(item=ItemId("1"), quantity=1, reason="no\x00lid")
    assert QualityCheck().passed
    assert not QualityCheck(defects=(broken,)).passed
    assert broken.reason == "no\ufffdlid"


@pytest.mark.parametrize("value", [-1, True, 1.0, "1"])
def test_units_are_whole_numbers(value: Any) -> None:
    """Below zero there are none, and of what is packed or broken there is at least one."""
    for name in ("picked", "missing"):
        counts: dict[str, Any] = {"picked": 0, "missing": 0} | {name: value}
        with pytest.raises(InvalidInput, match=name):
            PickResult(**counts)
    for quantity in (value, 0):
        with pytest.raises(InvalidInput, match="quantity"):
            PackedUnits(item=ItemId("1"), quantity=quantity)
        with pytest.raises(InvalidInput, match="quantity"):
            Defect(item=ItemId("1"), quantity=quantity, reason="broken")


@pytest.mark.parametrize(
    "changes", [{"id": ""}, {"weight_g": 0}, {"weight_g": 1.5}, {"contents": ()}]
)
def test_a_parcel_has_a_name_a_weight_and_contents(changes: dict[str, Any]) -> None:
    """Each is needed on the label."""
    (name,) = changes
    parts: dict[str, Any] = {"id": "1", "weight_g": 1, "contents": (UNITS,)}
    with pytest.raises(InvalidInput, match=name):
        Parcel(**parts | changes)
