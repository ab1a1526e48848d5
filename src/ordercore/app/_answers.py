"""Give a saga the answer to a call, and write what follows in one batch."""

from __future__ import annotations

from attrs import evolve

from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app._reply import Reply
from ordercore.domain.processes import OrderRules, Turn, tell
from ordercore.engine.messaging import Claim, Release
from ordercore.engine.saga import Answer, Call, SagaState, calls_due, next_due
from ordercore.ports import Batch, StoredOrder

__all__ = ["answer_batch", "as_answer"]


def answer_batch(
    turn: Turn[OrderRules],
    *,
    stored: StoredOrder,
    saga: SagaState,
    answer: Answer,
    reply: Reply,
    salt: str,
    claim: Claim | None = None,
    correlation_id: str = "",
) -> tuple[Batch, SagaState]:
    """Return the batch that records an answer, and the saga after it.

    With a ``claim`` the caller holds the saga's lease; it ends with this batch once no further
    call is due at this instant.
    """
    after = tell(turn, saga, answer)
    taken = after.branch(answer.branch)
    accepted = taken != saga.branch(answer.branch)
    releases: tuple[Release, ...] = ()
    if claim is not None and not calls_due(after, turn.at):
        releases = (Release(claim=claim, due_at=next_due(after)),)
    batch = turn_to_batch(
        turn,
        chain=stored.chain,
        fingerprint=stored.fingerprint,
        extras=Extras(
            salt=salt,
            correlation_id=correlation_id,
            releases=releases,
            held=frozenset({claim.subject}) if claim else frozenset(),
        ),
    )
    keep = reply.sealed if accepted and not taken.back else None
    gone = reply.removed if accepted else None
    batch = evolve(
        batch,
        credentials=(keep,) if keep else (),
        forgotten=((turn.order.id, gone),) if gone else (),
    )
    return batch, evolve(after, version=saga.version + 1)


def as_answer(call: Call, reply: Reply) -> Answer:
    """Return what a reply is to the saga that wanted the call."""
    return Answer(
        branch=call.branch,
        step=call.step,
        attempt=call.attempt,
        forward=call.forward,
        outcome=reply.outcome,
    )
