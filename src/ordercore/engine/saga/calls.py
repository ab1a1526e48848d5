"""Which outside calls a saga is waiting to have made, read off its state.

The intent to call is the stored state itself, so a worker that takes over after a crash makes
exactly the calls that its predecessor would have made, under the same keys.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from ordercore.engine.saga.state import Memory, Phase, SagaState, SagaStatus, StepRun
from ordercore.kernel.ids import derive_key

__all__ = ["Call", "CallKind", "call_key", "calls_due", "next_due"]


class CallKind(StrEnum):
    """Make the effect, take it back, or find out whether an earlier call did either."""

    DO = "do"
    UNDO = "undo"
    FIND = "find"


_KINDS = {
    Phase.DOING: CallKind.DO,
    Phase.UNDOING: CallKind.UNDO,
    Phase.CHECKING: CallKind.FIND,
    Phase.UNDO_CHECKING: CallKind.FIND,
}


@frozen(kw_only=True)
class Call:
    """One outside call to make now.

    Attributes:
        key: Idempotency key of the effect, the same for every attempt and look-up of it.
        effect_key: Key of the forward effect; an undo names by it what it takes back.
        memory: What the forward step remembered; empty when it may have half run.
        data: What the branch was given when the saga started.
    """

    branch: str
    step: str
    kind: CallKind
    forward: bool
    attempt: int
    key: str
    effect_key: str
    memory: Memory
    data: Memory


def call_key(saga_id: str, branch: str, step: str, *, forward: bool) -> str:
    """Return the idempotency key of one effect of one run of a saga."""
    return derive_key(saga_id, branch, step, "do" if forward else "undo")


def calls_due(state: SagaState, now: datetime) -> tuple[Call, ...]:
    """Return every call whose time has come, in the order of the branches."""
    return tuple(
        Call(
            branch=branch.key,
            step=run.name,
            kind=_KINDS[run.phase],
            forward=run.forward,
            attempt=run.attempt,
            key=call_key(state.id, branch.key, run.name, forward=run.forward),
            effect_key=call_key(state.id, branch.key, run.name, forward=True),
            memory=run.memory,
            data=branch.data,
        )
        for branch in state.branches
        for run in branch.steps
        if _is_open(run) and run.due_at is not None and run.due_at <= now
    )


def next_due(state: SagaState) -> datetime | None:
    """Return when the saga wants a worker next; None when nothing is outstanding."""
    if state.status is not SagaStatus.RUNNING:
        return None
    dues = [
        run.due_at
        for branch in state.branches
        for run in branch.steps
        if _is_open(run) and run.due_at is not None
    ]
    return min(dues, default=None)


def _is_open(run: StepRun) -> bool:
    return run.phase in _KINDS
