"""Numbers and fences as a batch may name them."""

from __future__ import annotations

from typing import Any

import pytest

from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput, LeaseLost
from ordercore.ports import (
    Fence,
    NumberRun,
    TakenNumber,
    highest_fences,
    number_runs,
)


def _taken(*numbers: tuple[str, int]) -> list[TakenNumber]:
    return [TakenNumber(series=series, number=number) for series, number in numbers]


def test_numbers_of_a_series_are_taken_as_one_run() -> None:
    """By series, so that two batches lock them in one order."""
    assert number_runs(_taken(("b", 4), ("a", 1), ("b", 5))) == (
        NumberRun(series="a", first=1, last=1),
        NumberRun(series="b", first=4, last=5),
    )
    assert number_runs([]) == ()


@pytest.mark.parametrize("numbers", [(4, 6), (4, 4), (5, 4)])
def test_numbers_that_do_not_follow_each_other_are_a_conflict(numbers: tuple[int, ...]) -> None:
    """A gap, a repeat, or the wrong way round."""
    with pytest.raises(ConcurrencyConflict) as fault:
        number_runs(_taken(*(("a", number) for number in numbers)))
    assert (fault.value.kind, fault.value.id, fault.value.expected) == ("number", "a", numbers[0])


def test_a_conflict_names_the_number_before() -> None:
    """None for the first of all."""
    assert NumberRun(series="a", first=4, last=4).conflict().expected == 3
    assert NumberRun(series="a", first=1, last=1).conflict().expected is None


@pytest.mark.parametrize("wrong", [0, -1, 2**63, True, 1.0, "1", None])
def test_a_number_is_whole_and_counts_from_one(wrong: Any) -> None:
    """And fits every store."""
    with pytest.raises(InvalidInput, match="number"):
        TakenNumber(series="a", number=wrong)


@pytest.mark.parametrize("wrong", ["", "a\0b", None])
def test_a_series_and_a_lock_have_names(wrong: Any) -> None:
    """That every store can keep."""
    with pytest.raises(InvalidInput, match="series"):
        TakenNumber(series=wrong, number=1)
    with pytest.raises(InvalidInput, match="name"):
        Fence(name=wrong, token=1)


@pytest.mark.parametrize("wrong", [-1, 2**63, True, 1.0, "1", None])
def test_a_fence_is_a_whole_number(wrong: Any) -> None:
    """The number of a lease, not its secret."""
    with pytest.raises(InvalidInput, match="token"):
        Fence(name="lock", token=wrong)


def test_the_highest_fence_of_each_lock_counts() -> None:
    """By name."""
    fences = [Fence(name=name, token=token) for name, token in (("b", 1), ("a", 5), ("b", 2))]
    assert highest_fences(fences) == (fences[1], fences[2])


def test_a_lower_fence_after_a_higher_one_is_lost() -> None:
    """Within one batch as between two; the message says what was lost."""
    with pytest.raises(LeaseLost) as fault:
        highest_fences([Fence(name="b", token=2), Fence(name="b", token=1)])
    assert (
        str(fault.value)
        == "the lease with fence 1 on lock 'b' is lost: somebody else took over since"
    )
