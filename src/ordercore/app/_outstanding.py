"""Make one call that a stored saga is waiting for, and record how it ended.

For whoever does not hold a lease on the saga: a runner of its own, a customer who waits for the
answer, a notice from outside. Doing it twice is harmless: an answer to an attempt that is no longer
the current one is noted and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import evolve

from ordercore.app._answers import answer_batch, as_answer
from ordercore.app._calls import make_call
from ordercore.app._change import rows_now
from ordercore.app._guarded import CALL_WITHIN, Guarded, guarded
from ordercore.app._short import update_or_do_without
from ordercore.domain.processes import open_turn
from ordercore.engine.saga import Call, SagaState
from ordercore.kernel.party import SYSTEM
from ordercore.ports import Batch, Ports, StoredOrder

__all__ = ["make_outstanding_call"]


def _as_it_is(batch: Batch) -> Batch:
    return batch


async def make_outstanding_call(
    ports: Ports,
    stored: StoredOrder,
    saga_id: str,
    call: Call,
    *,
    now: Callable[[], datetime],
    adjusted: Callable[[Batch], Batch] = _as_it_is,
    within: timedelta = CALL_WITHIN,
) -> SagaState:
    """Make ``call`` and return the saga as it is stored then.

    Args:
        ports: Where to.
        stored: The order of the saga.
        saga_id: The saga.
        call: What it is waiting for.
        now: Tells the instant of the answer.
        adjusted: What the runner wants otherwise in the batch that records the answer.
        within: How long the runner lets the call take.

    Raises:
        LockHeld: the call moves money, and somebody else is at one of this order; nothing was done.
        LocksAway: it does, and nobody knows who is; likewise.
        LeaseLost: it took longer than its lock was held and another has written since; what it did
            is found by look-up.
        DefinitionError: no port is mapped to the step, or the saga is of a newer release.
        NotConfigured: the host did not supply the port.
    """
    async with guarded(ports, stored, saga_id, call, within=within) as held:
        if held is not None:
            return await _make_and_record(ports, held, saga_id, call, now=now, adjusted=adjusted)
    _, sagas = await rows_now(ports, stored.order.tenant, stored.order.id)
    return next(state for state in sagas if state.id == saga_id)


async def _make_and_record(
    ports: Ports,
    held: Guarded,
    saga_id: str,
    call: Call,
    *,
    now: Callable[[], datetime],
    adjusted: Callable[[Batch], Batch],
) -> SagaState:
    reply = await make_call(ports, held.order, call)
    salt, draw, at = ports.ids.new(), ports.ids.draw(), now()
    told: list[SagaState] = []

    def decide(locked: StoredOrder, sagas: tuple[SagaState, ...], *, short: bool) -> Batch:
        turn = open_turn(
            ports.rules(locked.order),
            locked.order,
            at=at,
            actor=SYSTEM,
            draw=draw,
            sagas=sagas,
            short=short,
        )
        batch, after = answer_batch(
            turn,
            stored=locked,
            saga=next(state for state in sagas if state.id == saga_id),
            answer=as_answer(call, reply),
            reply=reply,
            salt=salt,
        )
        told[:] = [after]
        return adjusted(evolve(batch, fences=held.fences))

    await update_or_do_without(ports, held.order.tenant, held.order.id, decide)
    return told[0]
