"""The simulator bites: every planted mistake is found at once and told as a short story."""

from __future__ import annotations

import pytest

from ordercore.testing.simulation import make_plan, plan_from_json, plan_to_json, run_plan, shrink
from ordercore.testing.simulation import story as story_of
from tests.simulation.planted import PLANTED, healthy

SEEDS = 3
"""Within how many seeds of sixty hostile orders each of them has to be found."""
LAWS = {
    "a_batch_that_is_written_in_two_parts": {"events_published_once"},
    "a_refund_under_a_random_key": {"refund_never_above_payment"},
    "a_saga_that_forgets_to_undo": {"resources_match_items"},
    "a_store_that_ignores_versions": {"history_only_grows"},
    "a_store_that_schedules_nothing_on_release": {"comes_to_rest"},
    "a_timer_that_is_not_set": {"order_moves_on"},
    "a_worker_that_forgets_to_release": {"work_ends"},
    "an_answer_that_is_not_remembered": {"same_key_same_answer", "no_surprise"},
    "an_outbox_marked_before_publishing": {"published_has_arrived"},
}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_mistake_is_found_and_made_small(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the law it breaks, with one order, a handful of faults and a story that fits a screen."""
    make = PLANTED[name](monkeypatch)
    plans = (make_plan(seed=seed, orders=60, profile="hostile") for seed in range(1, SEEDS + 1))
    failed = next(run for plan in plans if (run := run_plan(plan, make)).violation)
    assert failed.violation is not None
    assert failed.violation.law in LAWS[name]
    small = shrink(failed, make)
    assert small.violation is not None
    assert small.violation.law == failed.violation.law
    assert len(small.plan.scripts) == 1
    assert len(small.plan.faults or ()) <= 3
    assert len(small.plan.scripts[0].actions) <= 5
    told = story_of(small)
    assert len(told) <= 60
    assert small.violation.law in told[-1]
    again = run_plan(plan_from_json(plan_to_json(small.plan)), make)
    assert again.violation == small.violation


def test_without_a_mistake_the_same_seeds_break_nothing() -> None:
    """What was found is the mistake, and not the simulator."""
    assert set(LAWS) == set(PLANTED)
    for seed in range(1, SEEDS + 1):
        run = run_plan(make_plan(seed=seed, orders=60, profile="hostile"), healthy)
        assert run.violation is None


def test_a_run_without_a_violation_is_not_made_smaller() -> None:
    """There is nothing to keep."""
    with pytest.raises(ValueError, match="broke a law"):
        shrink(run_plan(make_plan(seed=1, orders=2, profile="none"), healthy), healthy)
