"""Use cases for workers: one unit of work per call, any number of processes.

Each claims one piece of work that is due, does it, and writes the outcome together with the end of
its lease. A worker that dies leaves a lease that runs out; the next one goes on from the rows. A
worker that was paused beyond its lease is refused when it writes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar, cast

from attrs import evolve, field, frozen
from attrs.validators import optional

from ordercore.app._answers import answer_batch, as_answer
from ordercore.app._asked import another_type, member_of, of_kind, usable_id
from ordercore.app._calls import make_call
from ordercore.app._change import rows_now
from ordercore.app._guarded import guarded
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app._reply import Reply
from ordercore.app._short import update_or_do_without
from ordercore.app._traced import Traced, traced
from ordercore.domain import processes
from ordercore.domain.orders.lifecycles import ProvisioningState
from ordercore.domain.processes import (
    ORDER_EVENTS,
    OrderRules,
    RetailTurn,
    Turn,
    open_turn,
    retail,
)
from ordercore.engine.lifecycle import timeouts_for
from ordercore.engine.messaging import LEASE, Claim, Release, WorkKind
from ordercore.engine.saga import Answer, SagaState, calls_due, next_due
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    LeaseLost,
    LocksAway,
    NotConfigured,
    NotFound,
    OrderCoreError,
)
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.kernel.party import SYSTEM, TIMER, Actor
from ordercore.ports import LOCK, Batch, Fence, Outgoing, Ports, StoredOrder, TraceName

__all__ = ["ALL_WORK", "LIVE_FACTS", "NextDue", "WorkOn", "WorkOnce"]

R = TypeVar("R", bound=OrderRules)

ALL_WORK = (
    WorkKind.STREAM,
    WorkKind.SAGA,
    WorkKind.VALIDATION,
    WorkKind.TIMER,
    WorkKind.RESERVATION,
)

LIVE_FACTS = "live_facts"
"""What the question about stock and limits is called in telemetry."""

_BUSY_RETRY = timedelta(seconds=1)
_PORT_DOWN_RETRY = timedelta(seconds=5)
_REFUSED_RETRY = timedelta(hours=1)
_FAULT_RETRY = timedelta(minutes=1)
_STREAM_BATCH = 100


def _kinds(kinds: tuple[WorkKind, ...]) -> tuple[WorkKind, ...]:
    if not isinstance(kinds, (tuple, list)):
        raise another_type("kinds", kinds, allowed="a tuple of WorkKind")
    return tuple(member_of(WorkKind, kind, field="kinds") for kind in kinds)


@frozen(kw_only=True)
class WorkOnce:
    """Do one piece of work that is due, of any of ``kinds``, in this order of preference.

    Attributes:
        tenant: Only this tenant's work; None serves every tenant.
    """

    kinds: tuple[WorkKind, ...] = field(default=ALL_WORK, converter=_kinds)
    tenant: TenantId | None = field(default=None, validator=optional(usable_id))

    async def run(self, ports: Ports) -> Claim | None:
        """Do it and return what was claimed; None when nothing is due.

        Raises:
            OrderCoreError: the work cannot be done as things are, such as a saga of a newer
                release; it is tried again a minute later, and the next call goes on with the rest.
            MemoryError: likewise; nothing is half-written.
        """
        for kind in self.kinds:
            claims = await ports.store.claim(kind, now=ports.clock.now(), tenant=self.tenant)
            if claims:
                await WorkOn(claim=claims[0]).run(ports)
                return claims[0]
        return None


@frozen(kw_only=True)
class WorkOn:
    """Do a piece of work that the caller has claimed, as `WorkOnce` does.

    For hosts that look at a claim before they decide who is to do it.
    """

    claim: Claim = field(validator=of_kind(Claim))

    async def run(self, ports: Ports) -> None:
        """Do it and end the lease; nothing is done where the lease was lost.

        Raises:
            OrderCoreError: as for `WorkOnce`.
            MemoryError: as well.
        """
        claim = self.claim
        try:
            await _HANDLERS[claim.kind](ports, claim)
        except LeaseLost as lost:
            # Somebody else has taken over; what we did is theirs to find. Where it is a lock that
            # they took, the work may still be ours.
            if lost.kind == LOCK:
                await _later(ports, claim, _BUSY_RETRY)
        except ConcurrencyConflict:  # a held lock among them
            await _later(ports, claim, _BUSY_RETRY)
        except LocksAway:
            await _later(ports, claim, _PORT_DOWN_RETRY)
        except (OrderCoreError, MemoryError):
            # One order that cannot go on must neither hold up the others nor be hammered.
            await _later(ports, claim, _FAULT_RETRY)
            raise


@frozen(kw_only=True)
class NextDue:
    """Ask when the next work is due: how long a worker may sleep, or a test clock may jump."""

    tenant: TenantId | None = field(default=None, validator=optional(usable_id))

    async def run(self, ports: Ports) -> datetime | None:
        """Return the instant, in the past when work is waiting; None when there is no work."""
        return await ports.store.next_due(tenant=self.tenant)


async def _run_stream(ports: Ports, claim: Claim) -> None:
    """Publish the waiting events of one order, in order, stopping at the first that fails."""
    outgoing = await _outgoing(ports, claim)
    try:
        sent = await ports.publisher.publish(outgoing) if outgoing else 0
    except (NotConfigured, MemoryError):
        raise
    except Exception:  # the broker is away: nothing is marked, everything is sent again later
        sent = 0
    due: datetime | None = None
    if sent < len(outgoing):
        due = ports.clock.now() + _PORT_DOWN_RETRY
    elif len(outgoing) == _STREAM_BATCH:
        due = ports.clock.now()
    published = tuple(event.envelope.id for event in outgoing[:sent])
    release = Release(claim=claim, due_at=due)
    await ports.store.commit(Batch(tenant=claim.tenant, published=published, releases=(release,)))


async def _outgoing(ports: Ports, claim: Claim) -> tuple[Outgoing, ...]:
    """Return the waiting events of a stream in order, each with whom it is routed to."""
    events = await ports.outbox.pending(claim.tenant, claim.subject, limit=_STREAM_BATCH)
    if not events:
        return ()
    routes = await _routes(ports, claim.tenant, OrderId(claim.subject))
    return tuple(
        Outgoing(envelope=event, topic=ORDER_EVENTS, consumers=routes(event.type))
        for event in events
    )


async def _routes(
    ports: Ports, tenant: TenantId, order_id: OrderId
) -> Callable[[str], tuple[str, ...]]:
    """Return the routes of an order's kind, or those of a stream that is a host's own."""
    stored = await ports.orders.get(tenant, order_id)
    if stored is None:
        try:  # a reader may lag behind the writers
            stored, _ = await rows_now(ports, tenant, order_id)
        except NotFound:
            return ports.routes
    return ports.rules(stored.order).routes.routes


async def _run_saga(ports: Ports, claim: Claim) -> None:
    """Make every call of one saga that is due, committing after each.

    Calls may be slow: half-way through the lease the rest is left to whoever claims it next.
    """
    enough = ports.clock.now() + LEASE / 2
    while True:
        known = await ports.sagas.get(claim.tenant, SagaId(claim.subject))
        if known is None:
            raise NotFound(kind="saga", id=claim.subject)
        stored, sagas = await rows_now(ports, claim.tenant, OrderId(known.subject))
        saga = next(state for state in sagas if state.id == known.id)
        due = calls_due(saga, ports.clock.now())
        if not due:
            await ports.store.release(Release(claim=claim, due_at=next_due(saga)))
            return
        async with guarded(ports, stored, saga.id, due[0]) as held:
            if held is None:
                continue
            reply = await make_call(ports, held.order, due[0])
            answer = as_answer(due[0], reply)
            if await _answer(ports, claim, stored.order.id, answer, reply, held.fences):
                return
        if ports.clock.now() >= enough:
            await _later(ports, claim, timedelta())
            return


async def _answer(
    ports: Ports,
    claim: Claim,
    order_id: OrderId,
    answer: Answer,
    reply: Reply,
    fences: tuple[Fence, ...],
) -> bool:
    """Record an answer under the order's lock; return whether the lease has ended with it."""
    salt, now, draw = ports.ids.new(), ports.clock.now(), ports.ids.draw()

    def decide(locked: StoredOrder, sagas: tuple[SagaState, ...], *, short: bool) -> Batch:
        batch, _ = answer_batch(
            open_turn(
                ports.rules(locked.order),
                locked.order,
                at=now,
                actor=SYSTEM,
                draw=draw,
                sagas=sagas,
                short=short,
            ),
            stored=locked,
            saga=next(state for state in sagas if state.id == claim.subject),
            answer=answer,
            reply=reply,
            salt=salt,
            claim=claim,
        )
        return evolve(batch, fences=fences)

    written = await update_or_do_without(ports, claim.tenant, order_id, decide)
    return isinstance(written, Batch) and bool(written.releases)


async def _run_validation(ports: Ports, claim: Claim) -> None:
    """Take a paid order through validation: state first, then the live facts, then the verdict."""
    stored = await _stored(ports, claim, OrderId(claim.subject))
    if stored.order.state == ProvisioningState.PAYMENT_CONFIRMED:
        turn = _turn(ports, ports.provisioning, stored)
        if processes.begin_validation(turn) is not None:
            await _later(ports, claim, _REFUSED_RETRY)
            return
        await ports.store.commit(_batch(ports, turn, stored))
        stored = await _stored(ports, claim, OrderId(claim.subject))
    if stored.order.state != ProvisioningState.VALIDATING:
        await ports.store.release(Release(claim=claim, due_at=None))
        return
    types = tuple(sorted({item.snapshot.product_type for item in stored.order.items}))
    told = Traced(
        name=TraceName.DATA_LOOKUP,
        operation=LIVE_FACTS,
        tenant=claim.tenant,
        order_id=stored.order.id,
        outside=True,
    )
    try:
        live = await traced(ports, told, lambda: ports.capacity.live_facts(claim.tenant, types))
    except (NotConfigured, MemoryError):
        raise
    except Exception:  # nobody knows right now; the deadline of the state bounds the waiting
        await _later(ports, claim, _PORT_DOWN_RETRY)
        return
    turn = _turn(ports, ports.provisioning, stored)
    if processes.conclude_validation(turn, live) is not None:
        await _later(ports, claim, _REFUSED_RETRY)
        return
    await ports.store.commit(_batch(ports, turn, stored, claim))


async def _run_timer(ports: Ports, claim: Claim) -> None:
    """Fire a lifecycle timeout if its order is still in the state it belongs to."""
    order_id, _, trigger = claim.subject.rpartition("/")
    stored, sagas = await rows_now(ports, claim.tenant, OrderId(order_id))
    order, now = stored.order, ports.clock.now()
    if trigger in (processes.OVERDUE, retail.HOLD_ENDS):
        turn = _turn(ports, ports.rules(order), stored, TIMER, sagas)
        again = _looked_after(turn, trigger)
        if turn.recorded:
            await ports.store.commit(_batch(ports, turn, stored, claim, again))
        else:
            await ports.store.release(Release(claim=claim, due_at=again))
        return
    timers = timeouts_for(ports.rules(order).lifecycle, order.state, order.life.entered_at)
    timer = next((timer for timer in timers if timer.trigger == trigger), None)
    if timer is None or timer.due_at > now:
        due = timer.due_at if timer else None
        await ports.store.release(Release(claim=claim, due_at=due))
        return
    turn = _turn(ports, ports.rules(order), stored, TIMER, sagas)
    refused = processes.on_timeout(turn, sagas, timer)
    if refused is not None:  # one order that cannot move must not hold up or flood the others
        await _later(ports, claim, _REFUSED_RETRY)
        return
    await ports.store.commit(_batch(ports, turn, stored, claim))


def _looked_after(turn: Turn[OrderRules], trigger: str) -> datetime | None:
    """Do what follows from a timer that is none of the lifecycle; return when to look again."""
    if trigger == retail.HOLD_ENDS:
        return retail.hold_ended(cast(RetailTurn, turn))
    return processes.look_after(turn)


async def _later(ports: Ports, claim: Claim, wait: timedelta) -> None:
    await ports.store.release(Release(claim=claim, due_at=ports.clock.now() + wait))


async def _stored(ports: Ports, claim: Claim, order_id: OrderId) -> StoredOrder:
    stored, _ = await rows_now(ports, claim.tenant, order_id)
    return stored


async def _run_reservation(ports: Ports, claim: Claim) -> None:
    """Let unpaid goods go whose time is over."""
    stored, sagas = await rows_now(ports, claim.tenant, OrderId(claim.subject))
    turn = _turn(ports, ports.retail, stored, TIMER, sagas)
    retail.sweep_reservation(turn)
    if turn.recorded:
        await ports.store.commit(_batch(ports, turn, stored, claim))
        return
    sale = stored.order.sale
    await ports.store.release(Release(claim=claim, due_at=sale.reserved_until if sale else None))


def _turn(
    ports: Ports,
    rules: R,
    stored: StoredOrder,
    actor: Actor = SYSTEM,
    sagas: tuple[SagaState, ...] = (),
) -> Turn[R]:
    return open_turn(
        rules,
        stored.order,
        at=ports.clock.now(),
        actor=actor,
        draw=ports.ids.draw(),
        sagas=sagas,
    )


def _batch(
    ports: Ports,
    turn: Turn[OrderRules],
    stored: StoredOrder,
    finished: Claim | None = None,
    again: datetime | None = None,
) -> Batch:
    """Return the batch of a turn; ``finished`` is the lease that ends with it, until ``again``."""
    releases = (Release(claim=finished, due_at=again),) if finished else ()
    return turn_to_batch(
        turn,
        chain=stored.chain,
        fingerprint=stored.fingerprint,
        extras=Extras(
            salt=ports.ids.new(),
            releases=releases,
            held=frozenset({finished.subject}) if finished else frozenset(),
        ),
    )


_HANDLERS: dict[WorkKind, Callable[[Ports, Claim], Awaitable[None]]] = {
    WorkKind.STREAM: _run_stream,
    WorkKind.SAGA: _run_saga,
    WorkKind.VALIDATION: _run_validation,
    WorkKind.TIMER: _run_timer,
    WorkKind.RESERVATION: _run_reservation,
}
