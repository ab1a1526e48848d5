"""What an onlooker of an exploration writes down, and what of a saga makes a difference.

Two sagas that differ only in instants, counts of attempts or wording go on alike; `canonical` makes
them equal, so that what is reachable from them is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from attrs import evolve, frozen

from ordercore.engine.saga.state import Branch, Phase, SagaState, StepRun

__all__ = ["OPEN", "Place", "T0", "UNDER_WAY", "Watched", "canonical", "steps_of", "watch"]

Place = tuple[str, str]
"""A branch and a step of it."""

T0 = datetime(2000, 1, 1, tzinfo=UTC)
"""The one instant at which everything outstanding is due."""

UNDER_WAY = frozenset({Phase.DOING, Phase.CHECKING})
OPEN = UNDER_WAY | {Phase.UNDOING, Phase.UNDO_CHECKING}
_FORGOTTEN = frozenset({Phase.UNDONE, Phase.RESOLVED, Phase.SKIPPED})


@frozen(kw_only=True)
class Watched:
    """A saga with what an onlooker wrote down about it.

    Attributes:
        order: Steps in the order in which they ended going forward.
        remembered: Steps whose success the saga was told of.
    """

    saga: SagaState
    order: tuple[Place, ...] = ()
    remembered: frozenset[Place] = frozenset()


def watch(before: Watched, saga: SagaState) -> Watched:
    """Write down which steps have ended going forward by this move."""
    phases = {place: run.phase for place, _, run in steps_of(before.saga)}
    ended = tuple(
        place
        for place, _, run in steps_of(saga)
        if _has_ended(phases.get(place, Phase.TODO), run.phase)
    )
    order = tuple(place for place in before.order if place not in ended)
    return evolve(before, saga=saga, order=order + ended)


def steps_of(saga: SagaState) -> Iterator[tuple[Place, Branch, StepRun]]:
    """Walk over every step of every branch."""
    for branch in saga.branches:
        for run in branch.steps:
            yield (branch.key, run.name), branch, run


def canonical(watched: Watched) -> Watched:
    """Forget what makes no difference from here on: instants, counts, heights, reasons."""
    saga = watched.saga
    heights = sorted(
        {run.armed for b in saga.branches for run in b.steps if run.phase not in _FORGOTTEN}
    )
    ranks = {height: rank for rank, height in enumerate(heights)}
    if heights and heights[0] > 0:
        ranks = {height: rank + 1 for height, rank in ranks.items()}
    branches = tuple(
        evolve(branch, steps=tuple(_plain(run, ranks) for run in branch.steps))
        for branch in saga.branches
    )
    resting = {
        (branch.key, run.name)
        for branch in saga.branches
        for run in branch.steps
        if run.phase in _FORGOTTEN
    }
    plain = evolve(
        saga,
        branches=branches,
        aborted="aborted" if saga.aborted else "",
        armed=max(ranks.values(), default=0),
        version=0,
    )
    return evolve(
        watched,
        saga=plain,
        order=tuple(place for place in watched.order if place not in resting),
        remembered=watched.remembered - resting,
    )


def _plain(run: StepRun, ranks: Mapping[int, int]) -> StepRun:
    is_open = run.phase in OPEN
    return evolve(
        run,
        attempt=2 if is_open else min(run.attempt, 1),
        failures=run.failures if is_open else 0,
        due_at=T0 if is_open else None,
        since=T0 if is_open else None,
        looks=0,
        armed=0 if run.phase in _FORGOTTEN else ranks[run.armed],
        memory=() if run.phase in _FORGOTTEN else run.memory,
        reason="",
    )


def _has_ended(before: Phase, after: Phase) -> bool:
    if before is Phase.TODO:
        return after is Phase.DONE  # armed in passing
    return before in UNDER_WAY and after not in {*UNDER_WAY, Phase.TODO}
