"""The fault plan: the same for the same seed, near its rates, deaf to everything else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidInput
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    FAULT_FREE,
    HOSTILE,
    PROFILES,
    STUBBORN_CALLS,
    Fate,
    FaultPlan,
    Rates,
    SeededIds,
    VirtualClock,
)

CALLS = [("provision", f"key-{n}", attempt) for n in range(200) for attempt in (1, 2, 3)]


def test_the_same_seed_gives_the_same_fates_in_any_order() -> None:
    """Two plans asked in opposite orders, with other questions in between, agree."""
    first, second = (FaultPlan.profile("hostile", seed=7) for _ in range(2))
    forwards = {call: first.fate(*call) for call in CALLS}
    backwards = {}
    for call in reversed(CALLS):
        second.fate("refund", call[1], 9)
        backwards[call] = second.fate(*call)
    assert forwards == backwards


def test_another_seed_gives_other_fates() -> None:
    """Otherwise a seed would be no choice."""
    first, second = (FaultPlan.profile("hostile", seed=seed) for seed in (1, 2))
    assert [first.fate(*call) for call in CALLS] != [second.fate(*call) for call in CALLS]


def test_fates_are_known_across_releases() -> None:
    """A seed that showed a defect shows it again tomorrow; these were written down once."""
    plan = FaultPlan.profile("hostile", seed=1)
    fates = [plan.fate("provision", "key", attempt) for attempt in range(1, 9)]
    assert [str(fate) for fate in fates] == FATES_OF_SEED_1


def test_fates_come_about_as_often_as_their_rates_say() -> None:
    """Within five standard deviations on ten thousand draws."""
    rates = Rates(transient=200, lost_done=100, delayed=300, duplicated=50)
    plan = FaultPlan(seed=3, rates={"provision": rates})
    count = 10_000
    seen = Counter(plan.fate("provision", f"k{n}", 1) for n in range(count))
    for fate, rate in [*rates.by_call, (Fate.FINE, 350)]:
        share = rate / 1000
        deviation = (count * share * (1 - share)) ** 0.5
        assert abs(seen[fate] - count * share) <= 5 * deviation


def test_a_rejected_key_is_rejected_every_time() -> None:
    """Repeating would be pointless, as the answer says."""
    plan = FaultPlan(seed=1, rates={"provision": Rates(rejected=500, transient=300)})
    rejected = [k for k in range(100) if plan.fate("provision", str(k), 1) is Fate.REJECTED]
    assert 30 < len(rejected) < 70
    fates = {plan.fate("provision", str(k), attempt) for k in rejected for attempt in range(1, 30)}
    assert fates == {Fate.REJECTED}


def test_a_stubborn_key_outlasts_the_retries_and_then_works() -> None:
    """Six attempts of a patient step fail; an operator's second round succeeds."""
    plan = FaultPlan(seed=1, rates={"refund": Rates(stubborn=1000)})
    fates = [plan.fate("refund", "k", attempt) for attempt in range(1, STUBBORN_CALLS + 4)]
    assert fates == [Fate.STUBBORN] * STUBBORN_CALLS + [Fate.FINE] * 3
    assert 6 < STUBBORN_CALLS < 12


def test_nothing_fails_without_rates() -> None:
    """In the plan without faults, and for kinds of calls that a plan does not list."""
    assert {FAULT_FREE.fate(*call) for call in CALLS} == {Fate.FINE}
    assert FaultPlan.profile("hostile", seed=1).fate("unheard-of", "k", 1) is Fate.FINE


@pytest.mark.parametrize("name", PROFILES)
def test_every_preset_can_be_had_by_name(name: str) -> None:
    """And leaves room for calls that work."""
    plan = FaultPlan.profile(name, seed=1)
    for kind in plan.rates:
        assert Fate.FINE in {plan.fate(kind, f"k{n}", 1) for n in range(200)}


def test_an_unknown_preset_is_refused() -> None:
    """With the names there are."""
    with pytest.raises(InvalidInput) as refused:
        FaultPlan.profile("friendly", seed=1)
    assert refused.value.allowed == "calm, rough, hostile"


def test_every_fate_of_a_hostile_world_is_met() -> None:
    """A preset that never shows a fault would test nothing."""
    plan = FaultPlan.profile("hostile", seed=1)
    met = {plan.fate("provision", f"k{n}", 1) for n in range(2000)}
    assert met == set(Fate)
    assert set(HOSTILE) >= {"provision", "deprovision", "refund", "mail", "notify", "publish"}


@pytest.mark.parametrize(
    "rates", [{"transient": -1}, {"transient": 600, "delayed": 401}, {"rejected": 1001}]
)
def test_impossible_rates_are_refused(rates: dict[str, int]) -> None:
    """Shares below nothing or above everything."""
    with pytest.raises(InvalidInput):
        Rates(**rates)


@given(seed=st.integers(), parts=st.lists(st.text(), min_size=1), below=st.integers(1, 10**6))
def test_draws_stay_below_their_limit(seed: int, parts: list[str], below: int) -> None:
    """And are repeatable."""
    plan = FaultPlan(seed=seed)
    drawn = plan.draw(*parts, below=below)
    assert 0 <= drawn < below
    assert plan.draw(*parts, below=below) == drawn


@given(attempt=st.integers(1, 10**6))
def test_delays_last_from_one_second_to_the_longest(attempt: int) -> None:
    """Whole seconds, never none."""
    assert 1 <= FaultPlan(seed=1, longest_delay_s=3).delay_s("provision", "k", attempt) <= 3


@given(steps=st.lists(st.integers(-1000, 1000)))
def test_virtual_time_never_goes_back(steps: list[int]) -> None:
    """Neither by an earlier instant nor by a negative step."""
    clock = VirtualClock(START)
    for step in steps:
        before = clock.now()
        clock.advance_to(before + timedelta(seconds=step))
        assert clock.now() == before + timedelta(seconds=max(step, 0))
        clock.advance(-step)
        assert clock.now() == before + timedelta(seconds=abs(step))


def test_seeded_ids_go_on_where_the_last_run_ended(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No id is given twice over one file; a fresh file tells the same story again."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    runs = []
    for folder in (folders[0], folders[0], folders[1]):
        ids = SeededIds(folder / "ids.sqlite3", seed=5)
        runs.append([ids.new() for _ in range(1500)])
        ids.close()
    first, later, elsewhere = runs
    assert first == elsewhere
    assert first + later == sorted({*first, *later})


FATES_OF_SEED_1 = [
    "transient",
    "delayed",
    "delayed",
    "lost_done",
    "fine",
    "delayed",
    "lost_done",
    "fine",
]
