"""The simulator bites: every planted mistake is found at once and told as a short story."""

from __future__ import annotations

import pytest

from ordercore.testing.simulation import make_plan, plan_from_json, plan_to_json, run_plan, shrink
from ordercore.testing.simulation import story as story_of
from tests.simulation.planted import PLANTED, healthy
from tests.simulation.planted_disputes import PLANTED_DISPUTES
from tests.simulation.planted_locks import PLANTED_LOCKS
from tests.simulation.planted_sales import PLANTED_SALES

SEEDS = 3
"""Within how many seeds of sixty hostile orders each of them has to be found."""
LAWS = {
    "a_batch_that_is_written_in_two_parts": {"events_published_once"},
    "a_key_that_stands_for_everybody": {"no_surprise", "answers_are_ones_own"},
    "a_refund_under_a_random_key": {"refund_never_above_payment"},
    "a_saga_that_forgets_to_undo": {"resources_match_items"},
    "a_store_that_ignores_versions": {"history_only_grows"},
    "a_store_that_lets_a_payment_pay_twice": {"payment_pays_one_order"},
    "a_store_that_schedules_nothing_on_release": {"comes_to_rest"},
    "a_sweeper_that_takes_what_is_unsent": {"events_published_once"},
    "a_timer_that_is_not_set": {"order_moves_on"},
    "a_worker_that_forgets_to_release": {"work_ends"},
    "an_answer_that_is_not_remembered": {"same_key_same_answer", "no_surprise"},
    "an_outbox_marked_before_publishing": {"published_has_arrived"},
}
LAWS_OF_SALES = {
    "a_capture_under_a_random_key": {"asks_for_what_is_there"},
    "a_hold_that_ends_unseen": {"holds_are_watched"},
    "a_letter_sent_again_under_its_old_key": {"letters_sent_once"},
    "a_letter_under_a_random_key": {"letters_sent_once"},
    "a_lower_price_that_pays_nothing_back": {"nothing_is_held"},
    "a_lower_price_without_its_paper": {"credited_at_rest"},
    "a_number_that_is_skipped": {"numbers_gapless"},
    "a_pick_that_is_never_put_back": {"parcels_follow_orders"},
    "a_reader_that_ignores_the_tenant": {"tenants_are_apart"},
    "a_reservation_nobody_ends": {"order_moves_on"},
    "a_shelf_that_is_read_before_it_is_locked": {"never_oversold"},
    "a_target_that_is_not_watched": {"targets_are_watched"},
    "a_target_that_is_only_said": {"targets_are_watched"},
    "an_authorisation_under_a_random_key": {"gateway_agrees"},
    "an_event_under_a_new_id_each_time": {"events_published_once"},
}
LAWS_OF_LOCKS = {
    "a_call_without_its_lock": {"money_is_guarded"},
    "a_lock_with_two_holders": {"one_holder"},
}
LAWS_OF_DISPUTES = {
    "a_cancellation_that_keeps_the_money": {"services_keep_their_price"},
    "a_chargeback_that_nobody_is_told_of": {"disputes_are_seen_to"},
    "a_dispute_won_of_which_all_counts": {"bank_agrees"},
    "a_repeated_report_that_is_news": {"ledger_never_overdrawn"},
    "a_returned_refund_that_is_kept": {"services_keep_their_price"},
    "an_item_that_is_paid_for_and_not_there": {"services_keep_their_price"},
}
CASES = [
    *((PLANTED[name], "provisioning", laws, 2, 70) for name, laws in sorted(LAWS.items())),
    *((PLANTED_SALES[name], "retail", laws, 2, 100) for name, laws in LAWS_OF_SALES.items()),
    *((PLANTED_LOCKS[name], "retail", laws, 1, 100) for name, laws in LAWS_OF_LOCKS.items()),
    *((PLANTED_DISPUTES[n], "provisioning", laws, 1, 100) for n, laws in LAWS_OF_DISPUTES.items()),
]


@pytest.mark.parametrize(("plant", "kinds", "laws", "orders", "lines"), CASES)
def test_a_planted_mistake_is_found_and_made_small(
    plant: object,
    kinds: str,
    laws: set[str],
    orders: int,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the law it breaks, with few orders, a handful of faults and a short story.

    One order is enough for all but what happens between orders: nobody oversells alone.
    """
    make = plant(monkeypatch)  # type: ignore[operator]
    plans = (
        make_plan(seed=seed, orders=60, profile="hostile", kinds=kinds)
        for seed in range(1, SEEDS + 1)
    )
    failed = next(run for plan in plans if (run := run_plan(plan, make)).violation)
    assert failed.violation is not None
    assert failed.violation.law in laws
    small = shrink(failed, make)
    assert small.violation is not None
    assert small.violation.law == failed.violation.law
    assert len(small.plan.scripts) <= orders
    assert len(small.plan.faults or ()) <= 6  # as often as a step is tried
    assert len(small.plan.scripts[0].actions) <= 5
    told = story_of(small)
    assert len(told) <= lines
    assert small.violation.law in told[-1]
    again = run_plan(plan_from_json(plan_to_json(small.plan)), make)
    assert again.violation == small.violation


@pytest.mark.parametrize("kinds", ["provisioning", "retail"])
def test_without_a_mistake_the_same_seeds_break_nothing(kinds: str) -> None:
    """What was found is the mistake, and not the simulator."""
    assert set(LAWS) == set(PLANTED)
    assert set(LAWS_OF_SALES) == set(PLANTED_SALES)
    assert set(LAWS_OF_LOCKS) == set(PLANTED_LOCKS)
    assert set(LAWS_OF_DISPUTES) == set(PLANTED_DISPUTES)
    for seed in range(1, SEEDS + 1):
        plan = make_plan(seed=seed, orders=60, profile="hostile", kinds=kinds)
        assert run_plan(plan, healthy).violation is None


def test_a_run_without_a_violation_is_not_made_smaller() -> None:
    """There is nothing to keep."""
    with pytest.raises(ValueError, match="broke a law"):
        shrink(run_plan(make_plan(seed=1, orders=2, profile="none"), healthy), healthy)
