"""Advance a saga: (state, message) -> (state, notes). Pure and total.

The rules, and where other engines fell:

* A step that failed for good may have half run, so it is undone too, with whatever it remembered.
* An abort waits for calls under way to end before anything is undone; each of them is looked up.
* An answer to an earlier attempt never moves the saga; it is noted and ignored.
* Compensation of one branch, or of all after an abort, walks the stack from the top; a step that
  cannot be undone is parked for an operator and the walk goes on.
* A parked step that an operator has tried again waits for its turn like any other; on a branch that
  has been taken back meanwhile it is undone, not done.
* A skipped step is stored as skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ordercore.engine.saga._walk import Walk
from ordercore.engine.saga.definition import SagaDefinition, Step
from ordercore.engine.saga.messages import (
    Abort,
    Absent,
    Accepted,
    Answer,
    Failed,
    Message,
    Note,
    NoteKind,
    Outcome,
    Rejected,
    RetryParked,
    Succeeded,
    TakeBack,
    Unclear,
)
from ordercore.engine.saga.state import (
    ORDER_BRANCH,
    Branch,
    Memory,
    Phase,
    SagaState,
    StepRun,
)
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import SagaId, TenantId

__all__ = ["Progress", "advance", "start"]

_FORWARD = frozenset({Phase.DOING, Phase.CHECKING})
_BACKWARD = frozenset({Phase.UNDOING, Phase.UNDO_CHECKING})


@frozen(kw_only=True)
class Progress:
    """The saga after a message, and what happened on the way."""

    state: SagaState
    notes: tuple[Note, ...]


def start(
    definition: SagaDefinition,
    *,
    saga_id: SagaId,
    tenant: TenantId,
    subject: str,
    items: Mapping[str, Memory],
    now: datetime,
    order_data: Memory = (),
) -> Progress:
    """Begin a saga: every item branch at its first step.

    Args:
        definition: The table of steps.
        saga_id: New for each run, so that keys of an earlier run are never reused.
        subject: Id of the order.
        items: Data of each item branch by item id.
        order_data: Data of the order's own branch.

    Raises:
        InvalidInput: when an item has the name of the order's own branch.
    """
    if ORDER_BRANCH in items:
        raise InvalidInput(field="items", problem=f"{ORDER_BRANCH!r} is the order's own branch")
    branches = [
        Branch(key=key, steps=_runs(definition.item_steps), data=data)
        for key, data in items.items()
        if definition.item_steps
    ]
    if definition.order_steps:
        branches.append(
            Branch(key=ORDER_BRANCH, steps=_runs(definition.order_steps), data=order_data)
        )
    state = SagaState(
        id=saga_id,
        tenant=tenant,
        definition=definition.name,
        definition_version=definition.version,
        subject=subject,
        started_at=now,
        branches=tuple(branches),
    )
    walk = Walk(definition, state, now)
    for branch in state.item_branches:
        walk.note(NoteKind.BRANCH_STARTED, branch.key)
        walk.go_forward(branch.key)
    return _finish(walk, state)


def advance(
    definition: SagaDefinition,
    state: SagaState,
    message: Message,
    *,
    now: datetime,
    draw: int = 0,
) -> Progress:
    """Return the saga after ``message``.

    Args:
        definition: The table the saga was started with.
        state: The saga so far.
        message: What happened.
        now: The instant it happened.
        draw: A random number from 0 to 999, for policies with jitter.

    Raises:
        InvalidInput: when an answer names a step that the saga does not have, or an operator one
            that is not parked.
    """
    walk = Walk(definition, state, now, draw)
    match message:
        case Answer():
            _on_answer(walk, message)
        case Abort(reason=reason):
            if walk.running and not state.aborted:
                walk.abort(reason)
        case TakeBack(reason=reason):
            if not walk.running and not state.aborted:
                walk.reopen()
                walk.abort(reason)
        case RetryParked(branch=key, step=name):
            run = _parked(state, key, name)
            walk.note(NoteKind.STEP_RETRIED, key, run, reason=message.note)
            walk.try_again(key, run)
            walk.reopen()
        case resolved:
            run = _parked(state, resolved.branch, resolved.step)
            walk.rest(resolved.branch, run, Phase.RESOLVED, reason=resolved.note)
            walk.note(NoteKind.STEP_RESOLVED, resolved.branch, run, reason=resolved.note)
            walk.reopen()
    return _finish(walk, state)


def _runs(steps: tuple[Step, ...]) -> tuple[StepRun, ...]:
    return tuple(StepRun(name=step.name) for step in steps)


def _finish(walk: Walk, before: SagaState) -> Progress:
    walk.compensate()
    walk.note_branches_at_rest(before)
    walk.settle()
    return Progress(state=walk.state, notes=tuple(walk.notes))


def _named(state: SagaState, key: str, name: str) -> tuple[Branch, StepRun]:
    for branch in state.branches:
        for run in branch.steps:
            if (branch.key, run.name) == (key, name):
                return branch, run
    raise InvalidInput(field="step", problem=f"there is no {key}/{name} in saga {state.id}")


def _parked(state: SagaState, key: str, name: str) -> StepRun:
    _, run = _named(state, key, name)
    if run.phase is not Phase.PARKED:
        raise InvalidInput(field="step", problem=f"{key}/{name} is not parked in saga {state.id}")
    return run


def _on_answer(walk: Walk, answer: Answer) -> None:
    branch, run = _named(walk.state, answer.branch, answer.step)
    expected = _FORWARD if answer.forward else _BACKWARD
    if run.phase not in expected or run.attempt != answer.attempt:
        walk.note(NoteKind.LATE_ANSWER, branch.key, run, reason=type(answer.outcome).__name__)
    elif answer.forward:
        _on_forward(walk, branch, run, answer.outcome)
    else:
        _on_backward(walk, branch, run, answer.outcome)


def _on_forward(walk: Walk, branch: Branch, run: StepRun, outcome: Outcome) -> None:
    step = walk.definition.step(run.name)
    match walk.judged(step, run, outcome):
        case Succeeded(memory=memory):
            walk.note(NoteKind.STEP_DONE, branch.key, run, memory=memory)
            walk.arm(branch.key, run, memory)
            if not branch.back:
                walk.go_forward(branch.key)
        case Unclear(reason=reason):
            walk.look_up(branch.key, step, run, Phase.CHECKING, reason)
        case Accepted():
            walk.look_up(branch.key, step, run, Phase.CHECKING, "accepted")
        case failure:
            code, reason = _cause(failure)
            walk.note(NoteKind.STEP_FAILED, branch.key, run, code=code, reason=reason)
            final = branch.back or isinstance(failure, Rejected)
            again = (
                None if final else step.retry.next_attempt(run.failures + 1, walk.now, walk.draw)
            )
            if again is not None:
                walk.call(branch.key, run, Phase.DOING, failures=run.failures + 1, at=again)
            else:
                walk.give_up(branch.key, step, run, code=code, reason=reason)


def _on_backward(walk: Walk, branch: Branch, run: StepRun, outcome: Outcome) -> None:
    step = walk.definition.step(run.name)
    match walk.judged(step, run, outcome):
        case Succeeded(memory=memory):
            walk.rest(branch.key, run, Phase.UNDONE)
            walk.note(NoteKind.STEP_UNDONE, branch.key, run, memory=memory)
        case Unclear(reason=reason):
            walk.look_up(branch.key, step, run, Phase.UNDO_CHECKING, reason)
        case Accepted():
            walk.look_up(branch.key, step, run, Phase.UNDO_CHECKING, "accepted")
        case failure:
            code, reason = _cause(failure)
            walk.note(NoteKind.STEP_FAILED, branch.key, run, code=code, reason=reason)
            final = isinstance(failure, Rejected)
            again = (
                None
                if final
                else step.undo_retry.next_attempt(run.failures + 1, walk.now, walk.draw)
            )
            if again is not None:
                walk.call(branch.key, run, Phase.UNDOING, failures=run.failures + 1, at=again)
            else:
                walk.park(branch.key, run, code=code, reason=reason)


def _cause(failure: Failed | Rejected | Absent) -> tuple[str, str]:
    if isinstance(failure, Absent):
        return "absent", "a look-up found no trace of the attempt"
    return failure.code, failure.reason
