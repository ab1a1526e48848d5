"""Waits between look-ups grow exactly as the table says, up to the longest one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ordercore.engine.retry import EVERY_5_S, Polling
from ordercore.kernel.errors import DefinitionError

PAGE = Polling(first_s=15, growth_percent=125, longest_s=900)


def test_without_growth_every_wait_is_the_first() -> None:
    """The plain case needs no longest wait."""
    assert {EVERY_5_S.wait_s(looks) for looks in (0, 1, 2, 10**9)} == {5}


def test_a_growing_wait_is_rounded_up_each_time_and_ends_at_the_longest() -> None:
    """By hand: 15, 18.75, 23.75 and so on, to a quarter of an hour and no further."""
    assert [PAGE.wait_s(looks) for looks in range(6)] == [15, 19, 24, 30, 38, 48]
    assert [PAGE.wait_s(looks) for looks in (17, 18, 19, 10**9)] == [710, 888, 900, 900]


def test_a_wait_that_grows_by_less_than_a_second_grows_all_the_same() -> None:
    """Rounded down it would stay at one second for ever."""
    slow = Polling(first_s=1, growth_percent=101, longest_s=4)

    assert [slow.wait_s(looks) for looks in range(5)] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"first_s": 0}, "the first wait is above 0"),
        ({"first_s": -1}, "the first wait is above 0"),
        ({"first_s": 5, "growth_percent": 99}, "waits do not become shorter"),
        ({"first_s": 5, "longest_s": 4}, "the longest wait is not below the first"),
        ({"first_s": 5, "growth_percent": 101}, "waits that grow need a longest one"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(wrong: dict[str, Any], problem: str) -> None:
    """When it is written, not when the first customer waits."""
    with pytest.raises(DefinitionError) as refused:
        Polling(**wrong)
    assert (refused.value.name, refused.value.problems) == ("polling", (problem,))


@given(
    first=st.integers(1, 10_000),
    growth=st.integers(100, 1_000),
    more=st.integers(0, 10_000),
    looks=st.integers(0, 60),
)
@example(first=1, growth=101, more=10_000, looks=60)
def test_each_wait_is_the_one_before_times_the_growth(
    first: int, growth: int, more: int, looks: int
) -> None:
    """Compared with exact fractions; never shorter, never beyond the longest."""
    polling = Polling(first_s=first, growth_percent=growth, longest_s=first + more)
    waits = [polling.wait_s(each) for each in range(looks + 2)]

    assert waits[0] == first
    for before, after in pairwise(waits):
        assert after == min(first + more, ceil(before * Fraction(growth, 100)))
        assert before <= after <= first + more
