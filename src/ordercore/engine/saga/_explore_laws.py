"""The laws a saga must keep, each checked without asking the coordinator.

Laws of a saga look at the state alone, laws of a move at two states in a row, laws of an end at the
state together with what providers hold. Each returns the names of the laws that are broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from ordercore.engine.saga._explore_watch import UNDER_WAY, Watched, steps_of
from ordercore.engine.saga._explore_world import World, remembered_by
from ordercore.engine.saga.calls import CallKind, calls_due, next_due
from ordercore.engine.saga.definition import Policy, SagaDefinition
from ordercore.engine.saga.state import (
    ORDER_BRANCH,
    SETTLED,
    Branch,
    Phase,
    SagaState,
    SagaStatus,
)

__all__ = ["laws_of_end", "laws_of_move", "laws_of_saga", "laws_of_world"]

_CALLED = frozenset({Phase.DOING, Phase.UNDOING})
_GOING_BACK = frozenset({Phase.UNDOING, Phase.UNDO_CHECKING})
_BY_HAND = frozenset({Phase.PARKED, Phase.RESOLVED})


def laws_of_move(before: SagaState, after: Watched) -> Iterator[str]:
    """Check that undoing walks backwards, and that nothing is undone beside work under way."""
    were = {place: run for place, _, run in steps_of(before)}
    runs = {place: (branch, run) for place, branch, run in steps_of(after.saga)}
    for place, (branch, run) in runs.items():
        was = were[place]
        if run.phase in _CALLED and run != was and run.attempt <= was.attempt:
            yield "each attempt has a number of its own"
        if run.phase is Phase.DOING and was.phase is not Phase.DOING and branch.back:
            yield "nothing more is done on a branch that is taken back"
        if run.phase not in _GOING_BACK or was.phase in _GOING_BACK:
            continue
        group = [
            (other, beside.phase)
            for other, (home, beside) in runs.items()
            if other != place and (after.saga.aborted or home.key == branch.key)
        ]
        if any(phase in UNDER_WAY for _, phase in group):
            yield "nothing is undone while a call beside it is under way"
        if place in after.order:  # else an operator has moved it out of turn
            later = after.order[after.order.index(place) + 1 :]
            if any(other in later and phase not in SETTLED for other, phase in group):
                yield "what ended last is undone first"


def laws_of_saga(watched: Watched) -> Iterator[str]:
    """Check timers, what is under way at once, and what an undo is handed."""
    saga = watched.saga
    due = next_due(saga)
    if saga.status is SagaStatus.RUNNING and (due is None or not calls_due(saga, due)):
        yield "a running saga has a call to make and a time for it"
    if any(sum(run.phase in UNDER_WAY for run in b.steps) > 1 for b in saga.branches):
        yield "a branch makes one step at a time"
    for call in calls_due(saga, due) if due else ():
        told = (call.branch, call.step) in watched.remembered
        if call.kind is CallKind.UNDO and told and call.memory != remembered_by(call.effect_key):
            yield "an undo is handed what its step remembered"


def laws_of_world(world: World) -> Iterator[str]:
    """Check that effects and their keys belong together one to one."""
    if len({(e.branch, e.step, e.forward) for e in world.made}) < len(world.made):
        yield "an effect is made under one key only"
    if len({effect.key for effect in world.made}) < len(world.made):
        yield "no two effects share a key"


def laws_of_end(
    definition: SagaDefinition, saga: SagaState, world: World, may_stay: frozenset[str]
) -> Iterator[str]:
    """Check a finished saga against what providers hold."""
    yield from _laws_of_status(definition, saga, world)
    live = {(effect.branch, effect.step) for effect in world.live}
    undone = {(effect.branch, effect.step) for effect in world.made if not effect.forward}
    for place, branch, run in steps_of(saga):
        step = definition.step(run.name)
        if run.phase not in SETTLED and not (branch.back and run.phase is Phase.TODO):
            yield "a finished saga has no step on the move"
        elif not branch.back:
            if run.phase is Phase.DONE and step.does and place not in live:
                yield "a step that is done has its effect"
            if place in undone:
                yield "nothing is undone on a branch that is kept"
        elif run.phase not in _BY_HAND:
            if place in live and run.name not in may_stay:
                yield "a branch taken back leaves no effect behind"
            if not step.does and place not in undone and _begun(branch):
                yield "a branch taken back has made all that is only done then"


def _laws_of_status(definition: SagaDefinition, saga: SagaState, world: World) -> Iterator[str]:
    items = saga.item_branches
    back = [branch for branch in items or saga.branches if branch.back]
    some_kept = len(back) < len(items or saga.branches)
    if (saga.status is SagaStatus.DONE) != some_kept:
        yield "a saga is done when a branch is kept, else undone"
    together = world.aborted or definition.policy is Policy.ALL_OR_NOTHING
    if together and back and some_kept:
        yield "after an abort, or with all_or_nothing, branches are taken back together"
    if any(branch.key == ORDER_BRANCH and branch.back for branch in saga.branches) and some_kept:
        yield "a failed step of the order takes everything back"
    if world.aborted and some_kept:
        yield "an abort takes everything back"
    if not together and any(
        branch.key not in world.hurt and ORDER_BRANCH not in world.hurt for branch in back
    ):
        yield "a branch that nothing happened to is kept"


def _begun(branch: Branch) -> bool:
    return any(run.phase not in {Phase.TODO, Phase.SKIPPED} for run in branch.steps)
