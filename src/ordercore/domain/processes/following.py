"""Let an order follow its sagas: the part that is the same for every kind of order.

The saga engine knows branches and steps. Each thing that happens in a saga goes to the audit trail;
what it means for the order is what the turn was told to `follow` it with. A step that was
given up becomes a dead letter for an operator.
"""

from __future__ import annotations

import json
from typing import TypeVar

from ordercore.domain.processes.turn import OrderRules, Turn
from ordercore.engine.messaging import DeadLetter, dead_letter_id
from ordercore.engine.saga import (
    Message,
    Note,
    NoteKind,
    Progress,
    SagaState,
    advance,
    call_key,
)
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.result import Refusal

__all__ = ["AUDITED", "begin", "must", "tell"]

R = TypeVar("R", bound=OrderRules)

AUDITED = frozenset(NoteKind) - {
    NoteKind.BRANCH_STARTED,
    NoteKind.BRANCH_DONE,
    NoteKind.BRANCH_UNDONE,
    NoteKind.ITEMS_SETTLED,
}
"""The notes that go to the audit trail; the others say nothing that these do not."""


def begin(turn: Turn[R], progress: Progress) -> None:
    """Put a saga that was just started under the order and follow its first notes."""
    turn.put_saga(progress.state, new=True)
    _follow(turn, progress)


def tell(turn: Turn[R], saga: SagaState, message: Message) -> SagaState:
    """Give a saga a message and let the order follow; return the saga as it is then."""
    definition = turn.rules.saga(saga.definition, saga.definition_version)
    progress = advance(definition, saga, message, now=turn.at, draw=turn.draw)
    turn.put_saga(progress.state)
    _follow(turn, progress)
    return turn.saga_now(progress.state.id)


def must(refusal: Refusal | None) -> None:
    """Raise what must not happen: the saga did what the lifecycle or the ledger forbids."""
    if refusal is not None:
        raise _Contradiction(f"{refusal.code}: {refusal.reason}")


class _Contradiction(OrderCoreError):
    """The saga did what the lifecycle or the ledger forbids: a defect, never hidden."""

    code = "contradiction"


def _follow(turn: Turn[R], progress: Progress) -> None:
    for note in progress.notes:
        if note.kind in AUDITED:
            turn.audit_note(progress.state.id, note)
        if note.kind is NoteKind.STEP_PARKED:
            turn.letters.append(_dead_letter(turn, progress.state, note))
        else:
            turn.follow(turn, progress.state, note)


def _dead_letter(turn: Turn[R], saga: SagaState, note: Note) -> DeadLetter:
    run = saga.branch(note.branch).run(note.step)
    payload = {
        "memory": dict(note.memory),
        "data": dict(saga.branch(note.branch).data),
        "key": call_key(saga.id, note.branch, note.step, forward=note.forward),
    }
    return DeadLetter(
        id=dead_letter_id(saga.id, note.branch, note.step, note.attempt),
        tenant=turn.order.tenant,
        order_id=turn.order.id,
        saga_id=saga.id,
        branch=note.branch,
        step=note.step,
        forward=note.forward,
        code=note.code,
        reason=note.reason,
        attempts=run.failures + 1,
        payload=json.dumps(payload, sort_keys=True),
        at=turn.at,
    )
