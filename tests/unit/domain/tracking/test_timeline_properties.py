"""Laws of the fold: arrival does not matter, nothing is lost, the path is always allowed."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.orders.lifecycles import RETAIL, RETAIL_GUARDS
from ordercore.domain.tracking import Claim, Observation, ObservationKind, fold_timeline
from ordercore.engine.lifecycle import Row, step
from tests.unit.domain.tracking.journeys import HELD, TRACK, claimed, hour, seen

STATES = st.sampled_from(RETAIL.states)
# Few hours and few sources, so that times collide and repeat.
OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        state=STATES,
        at=st.integers(0, 8).map(hour),
        source=st.sampled_from(("scan", "mail")),
        kind=st.sampled_from(ObservationKind),
    ),
    max_size=12,
)
CLAIMS = st.none() | STATES.map(claimed)


@given(OBSERVATIONS, CLAIMS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_arrival_changes_nothing(
    told: list[Observation], claim: Claim | None, random: Random, times: int
) -> None:
    """Any permutation with any repetition folds to the same timeline."""
    arriving = told * times
    random.shuffle(arriving)
    assert fold_timeline(TRACK, told, claim=claim) == fold_timeline(TRACK, arriving, claim=claim)


@given(OBSERVATIONS, CLAIMS)
def test_the_path_is_one_the_lifecycle_allows(told: list[Observation], claim: Claim | None) -> None:
    """It starts at the beginning, has no gap, is stepped through anew, and ends in the state."""
    timeline = fold_timeline(TRACK, told, claim=claim)
    state: str = RETAIL.initial
    for leg in timeline.path:
        taken = step(RETAIL, state, leg.row.trigger, HELD, RETAIL_GUARDS)
        assert isinstance(taken, Row)
        assert taken == leg.row
        state = taken.dest
    assert state == timeline.state
    assert claim is None or timeline.state == claim.state


@given(OBSERVATIONS, CLAIMS)
def test_times_along_the_path_never_go_back(told: list[Observation], claim: Claim | None) -> None:
    """And each of them was told for the state it stands at."""
    timeline = fold_timeline(TRACK, told, claim=claim)
    times = [each for each in (timeline.began_at, *(leg.at for leg in timeline.path)) if each]
    assert all(one <= other for one, other in pairwise(times))
    known = {(each.state, each.at) for each in told if each.kind is ObservationKind.REACHED}
    assert {(leg.row.dest, leg.at) for leg in timeline.path if leg.at} <= known


@given(OBSERVATIONS, CLAIMS)
def test_nothing_is_dropped_in_silence(told: list[Observation], claim: Claim | None) -> None:
    """A state that was seen is on the path, or a contradiction quotes it."""
    timeline = fold_timeline(TRACK, told, claim=claim)
    passed = {RETAIL.initial, *(leg.row.dest for leg in timeline.path)}
    said = "\n".join(str(each) for each in timeline.contradictions)
    for each in told:
        if each.kind is ObservationKind.REACHED and each.state not in passed:
            assert f"(reached {each.state})" in said


@given(st.data())
def test_a_journey_that_really_happened_contradicts_nothing(data: st.DataObject) -> None:
    """Walk the lifecycle at random, tell everything: the very same way comes back."""
    state: str = RETAIL.initial
    told, taken = [seen(state, 0)], []
    for number in range(1, data.draw(st.integers(0, 10)) + 1):
        exits = [row for row in RETAIL.rows if row.source == state and _may(row)]
        if not exits:
            break
        row = data.draw(st.sampled_from(exits))
        taken.append(row)
        state = row.dest
        told.append(seen(state, number))
    timeline = fold_timeline(TRACK, told, claim=claimed(state))
    assert timeline.contradictions == ()
    assert taken == [leg.row for leg in timeline.path]
    assert all(leg.at is not None for leg in timeline.path)


def _may(row: Row) -> bool:
    return isinstance(step(RETAIL, row.source, row.trigger, HELD, RETAIL_GUARDS), Row)
