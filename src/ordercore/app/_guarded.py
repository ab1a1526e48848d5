"""Make the calls that move money one at a time per order, under a lock with a fence.

Keys make a repeated call harmless at a provider that honours them, and leases on work keep workers
apart. Neither keeps a worker, a notice and a customer who comes back from asking for the same order
at the same moment, which a provider of another kind would charge twice. So whoever is about to make
such a call takes the lock of its order first, looks whether the call is still wanted, and writes
the answer under the fence of the lock: a holder that was paused beyond its lease is refused once
somebody else has written, and what it did is found by look-up.

A lock service that is away is not gone round: while nobody knows who holds a lock, nobody calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from attrs import frozen

from ordercore.app._calls import TOLD_AS
from ordercore.app._change import rows_now
from ordercore.app._traced import Traced, tell_fault
from ordercore.domain.orders import Order
from ordercore.domain.processes import REFUND_STEP, retail
from ordercore.engine.messaging import LEASE
from ordercore.engine.saga import Call, SagaState, calls_due
from ordercore.kernel.errors import LockHeld, LocksAway, NotConfigured
from ordercore.ports import Fence, Lease, LocksPort, Ports, StoredOrder

__all__ = ["CALL_WITHIN", "Guarded", "LOCKED_AS", "guarded"]

LOCKED_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        retail.AUTHORISE: "payment",
        retail.CAPTURE: "payment",
        retail.RELEASE: "payment",
        REFUND_STEP: "payment",
    }
)
"""The steps whose calls move money, and what the lock of their order is called.

Their undoing (a void, and finding out what was taken) and their look-ups are calls of the same
step. One name for all: of one order, only one of them is under way.
"""

CALL_WITHIN: Final = LEASE
"""How long a call may take under `ordercore.app.WorkOnce`; the lock is kept for longer."""

_SOMETIME = datetime.max.replace(tzinfo=UTC)
_LONGEST_S = 86_400


@frozen(kw_only=True)
class Guarded:
    """The right to make a call.

    Attributes:
        order: As it was read under the lock.
        fences: To be written with the answer.
    """

    order: Order
    fences: tuple[Fence, ...] = ()


@asynccontextmanager
async def guarded(
    ports: Ports,
    stored: StoredOrder,
    saga_id: str,
    call: Call,
    *,
    within: timedelta = CALL_WITHIN,
) -> AsyncIterator[Guarded | None]:
    """Hold the lock of the order, where the call is one that moves money and there are locks.

    Args:
        stored: The order as it was read when the call was found.
        within: How long the call may take; the lease is longer by `LEASE`, for the writing.

    Yields:
        The right to make the call; None when somebody else has made it by now.

    Raises:
        LockHeld: somebody else is at it; nothing was done, and it may be tried again soon.
        LocksAway: nobody knows who holds the lock; likewise.
    """
    locks = ports.locks
    if locks is None or call.step not in LOCKED_AS:
        yield Guarded(order=stored.order)
        return
    lease = await _taken(ports, locks, stored.order, call, within)
    try:
        locked, sagas = await rows_now(ports, lease.tenant, stored.order.id)
        if _is_wanted(call, saga_id, sagas):
            fence = Fence(name=lease.name, token=lease.fence)
            yield Guarded(order=locked.order, fences=(fence,))
        else:
            yield None
    finally:
        with suppress(Exception):  # it ends by itself
            await locks.release(lease)


async def _taken(
    ports: Ports, locks: LocksPort, order: Order, call: Call, within: timedelta
) -> Lease:
    name, now = f"{LOCKED_AS[call.step]}/{order.id}", ports.clock.now()
    ttl_s = min(-(-(within + LEASE) // timedelta(seconds=1)), _LONGEST_S)
    try:
        lease = await locks.acquire(order.tenant, name, ttl_s=ttl_s, now=now)
    except (NotConfigured, MemoryError):
        raise
    except Exception as trouble:
        away = LocksAway(reason=type(trouble).__name__)
        told = Traced(
            name=TOLD_AS[call.step],
            operation=f"{call.step}.lock",
            tenant=order.tenant,
            order_id=order.id,
        )
        tell_fault(ports, told, away)  # nothing else would say why no call is made
        raise away from trouble
    if lease is None:
        raise LockHeld(id=name)
    return lease


def _is_wanted(call: Call, saga_id: str, sagas: tuple[SagaState, ...]) -> bool:
    saga = next(state for state in sagas if state.id == saga_id)
    return call in calls_due(saga, _SOMETIME)
