"""Timelines by example: a whole journey, gaps, and every kind of contradiction."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ordercore.domain.orders.lifecycles import RETAIL, RETAIL_GUARDS, RetailFacts
from ordercore.domain.tracking import Observation, fold_timeline, track
from ordercore.kernel.errors import InvalidInput, UnknownState
from tests.unit.domain.tracking.journeys import (
    SEEN,
    TRACK,
    S,
    claimed,
    found,
    hour,
    promised,
    seen,
    triggers,
)

WHOLE = [seen(state, at) for state, at in zip(SEEN, (0, 2, 30, 80), strict=True)]


def test_a_whole_journey_is_walked_with_the_times_that_were_told() -> None:
    """States between two sightings are passed without a time; nothing contradicts."""
    timeline = fold_timeline(TRACK, WHOLE, claim=claimed(S.COMPLETED))
    assert timeline.state == S.COMPLETED
    assert timeline.began_at == hour(0)
    assert [(str(leg.row.trigger), leg.at) for leg in timeline.path] == [
        ("await_payment", None),
        ("confirm", hour(2)),
        ("start_fulfilment", None),
        ("mark_ready", None),
        ("ship", hour(30)),
        ("deliver", hour(80)),
        ("complete", None),
    ]
    assert timeline.contradictions == ()


def test_without_a_claim_an_order_is_where_its_times_lead() -> None:
    """The last state that was seen is the state."""
    assert fold_timeline(TRACK, WHOLE[:3]).state == S.SHIPPED
    assert fold_timeline(TRACK, ()).state == S.CREATED


def test_a_cancelled_order_leaves_from_the_last_state_that_was_seen() -> None:
    """Approved and then cancelled: the path goes through confirmed, once."""
    timeline = fold_timeline(TRACK, WHOLE[:2], claim=claimed(S.CANCELLED))
    assert triggers(timeline) == ["await_payment", "confirm", "cancel"]
    assert timeline.contradictions == ()


def test_times_in_the_wrong_order_contradict_each_other() -> None:
    """Handed over before approval: each pair is named, and the order is still completed."""
    told = [seen(S.CREATED, 5), seen(S.CONFIRMED, 9), seen(S.SHIPPED, 3), seen(S.DELIVERED, 20)]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.COMPLETED))
    assert found(timeline) == [
        ("out_of_order", "shipped_at", "created_at"),
        ("out_of_order", "shipped_at", "confirmed_at"),
    ]
    assert timeline.state == S.COMPLETED
    assert triggers(timeline)[-3:] == ["ship", "deliver", "complete"]


def test_equal_times_do_not_contradict() -> None:
    """Approved in the second of the purchase: the lifecycle decides which came first."""
    told = [seen(S.CONFIRMED, 1), seen(S.CREATED, 1)]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.CONFIRMED))
    assert timeline.contradictions == ()
    assert timeline.began_at == hour(1)


def test_two_times_for_a_state_that_is_entered_once_contradict() -> None:
    """The earlier one counts."""
    told = [*WHOLE, seen(S.SHIPPED, 40, "second_scan")]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.COMPLETED))
    assert found(timeline) == [("two_times", "second_scan", "shipped_at")]
    assert hour(30) in {leg.at for leg in timeline.path}


def test_a_state_that_can_be_entered_again_may_have_many_times() -> None:
    """Failed, tried again, failed, tried again, confirmed: walked as it was told."""
    order = [S.CREATED, *[S.AWAITING_PAYMENT, S.PAYMENT_FAILED] * 2, S.AWAITING_PAYMENT]
    told = [seen(state, at) for at, state in enumerate([*order, S.CONFIRMED])]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.CONFIRMED))
    assert triggers(timeline) == [
        "await_payment",
        "decline_payment",
        "retry_payment",
        "decline_payment",
        "retry_payment",
        "confirm",
    ]
    assert timeline.contradictions == ()


def test_a_second_visit_that_comes_too_late_is_named() -> None:
    """Waiting for payment after having been confirmed is out of order, though the first is not."""
    told = [seen(S.CREATED, 0), seen(S.AWAITING_PAYMENT, 1), seen(S.CONFIRMED, 2)]
    late = seen(S.AWAITING_PAYMENT, 3, "again")
    timeline = fold_timeline(TRACK, [*told, late], claim=claimed(S.CONFIRMED))
    assert found(timeline) == [("out_of_order", "confirmed_at", "again")]
    assert triggers(timeline) == ["await_payment", "confirm"]


def test_two_states_that_no_order_passes_both_contradict() -> None:
    """Cancelled and completed cannot both have been seen."""
    told = [*WHOLE, seen(S.CANCELLED, 100)]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.COMPLETED))
    assert ("exclusive", "cancelled_at", "shipped_at") in found(timeline)
    assert ("exclusive", "cancelled_at", "delivered_at") in found(timeline)
    assert ("beyond_status", "cancelled_at", "status") in found(timeline)
    assert timeline.state == S.COMPLETED


@pytest.mark.parametrize("status", [S.CREATED, S.CANCELLED])
def test_a_time_beyond_the_status_contradicts_it(status: S) -> None:
    """What was seen is set aside and named; the order ends where its status says."""
    told = [seen(S.CREATED, 0), seen(S.CONFIRMED, 1), seen(S.SHIPPED, 2)]
    timeline = fold_timeline(TRACK, told, claim=claimed(status))
    assert timeline.state == status
    assert ("beyond_status", "shipped_at", "status") in found(timeline)
    assert "ship" not in triggers(timeline)


def test_a_state_that_must_have_been_seen_and_has_no_time_is_named() -> None:
    """Completed without hand-over, and without delivery."""
    timeline = fold_timeline(TRACK, WHOLE[:2], claim=claimed(S.COMPLETED))
    assert [str(each) for each in timeline.contradictions] == [
        "no_time: no time at all (reached shipped) against status = its completed (is completed)",
        "no_time: no time at all (reached delivered) against status = its completed (is completed)",
    ]
    assert triggers(timeline)[-1] == "complete"


def test_a_gap_before_something_seen_is_named_even_where_the_status_allows_it() -> None:
    """A cancelled order needs no approval, but one that was shipped does."""
    told = [seen(S.CREATED, 0), seen(S.SHIPPED, 2)]
    timeline = fold_timeline(TRACK, told, claim=claimed(S.CANCELLED))
    assert ("no_time", "no time at all (reached confirmed)", "shipped_at") in found(timeline)
    unpaid = fold_timeline(TRACK, told[:1], claim=claimed(S.CANCELLED))
    assert unpaid.contradictions == ()


def test_a_promise_for_a_time_before_the_order_contradicts_it() -> None:
    """Delivery cannot have been promised for before the purchase."""
    timeline = fold_timeline(TRACK, [*WHOLE, promised(S.DELIVERED, -1)], claim=claimed(S.COMPLETED))
    assert found(timeline) == [("promised_too_early", "delivered_by", "created_at")]


@pytest.mark.parametrize(("by", "late"), [(70, 10), (80, 0), (100, -20)])
def test_lateness_is_measured_against_the_promise(by: int, late: int) -> None:
    """Being late is no contradiction; a promise moves no order."""
    timeline = fold_timeline(TRACK, [*WHOLE, promised(S.DELIVERED, by)], claim=claimed(S.COMPLETED))
    assert timeline.late_by == timedelta(hours=late)
    assert timeline.contradictions == ()


def test_the_latest_promise_counts() -> None:
    """A promise that was moved is kept if the last one is."""
    told = [*WHOLE, promised(S.DELIVERED, 60), promised(S.DELIVERED, 90)]
    assert fold_timeline(TRACK, told).late_by == timedelta(hours=-10)
    assert fold_timeline(TRACK, told[4:]).late_by is None


def test_a_way_that_guards_close_is_named_and_the_claim_still_stands() -> None:
    """With facts of an unpaid order there is no way beyond payment."""
    strict = track(RETAIL, facts=RetailFacts(), guards=RETAIL_GUARDS, witnessed=SEEN)
    timeline = fold_timeline(strict, WHOLE[:2], claim=claimed(S.CONFIRMED))
    assert timeline.state == S.CONFIRMED
    assert found(timeline) == [
        ("no_way", "confirmed_at", "the beginning of the lifecycle"),
        ("no_way", "status", "the beginning of the lifecycle"),
    ]


def test_cash_on_delivery_takes_the_short_way() -> None:
    """Where the facts let an order be confirmed at once, no payment is awaited."""
    cash = RetailFacts(pays_on_delivery=True)
    short = track(RETAIL, facts=cash, guards=RETAIL_GUARDS)
    timeline = fold_timeline(short, WHOLE[:2], claim=claimed(S.CONFIRMED))
    assert triggers(timeline) == ["confirm"]


def test_a_state_of_another_lifecycle_is_a_fault() -> None:
    """In an observation, in a claim, and among the states to be seen."""
    with pytest.raises(UnknownState):
        fold_timeline(TRACK, [seen("parked", 1)])
    with pytest.raises(UnknownState):
        fold_timeline(TRACK, (), claim=claimed("parked"))
    with pytest.raises(UnknownState):
        track(RETAIL, facts=RetailFacts(), guards=RETAIL_GUARDS, witnessed=("parked",))


def test_a_time_without_a_zone_is_refused_at_the_door() -> None:
    """Nobody can say which moment it means."""
    with pytest.raises(InvalidInput):
        Observation(state=S.SHIPPED, at=datetime(2026, 3, 2), source="x")  # noqa: DTZ001
