"""The common course of every write: repeat check, read, decide, commit once.

Read, decide and commit make one optimistic transaction: a version that went stale between reading
and writing refuses the whole batch with `ConcurrencyConflict`, and nothing was overwritten. Two
identical requests in flight at once: one commits, the other finds the first one's record and
replays it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import evolve, field, frozen
from attrs.validators import optional

from ordercore.app._asked import of_kind, usable_id, whole_number
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app.use_case import Caller
from ordercore.codec import decode_stored, encode, fingerprint
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes import ProvisioningTurn
from ordercore.engine.messaging import KEPT_FOR, IdempotencyRecord, judge
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import ConcurrencyConflict, NotFound, TransitionNotAllowed
from ordercore.kernel.ids import OrderId, TenantId, derive_key
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports, StoredOrder

__all__ = [
    "Change",
    "OrderChange",
    "change_order",
    "load",
    "newest_fulfilment",
    "paid_elsewhere",
    "remember",
    "replay",
    "response_record",
    "rows_now",
]

_OF_THE_HOUSE = frozenset({Role.OPERATOR, Role.SYSTEM, Role.TIMER})

A = TypeVar("A")
Act = Callable[[ProvisioningTurn, SagaState | None], Refusal | None]


@frozen(kw_only=True)
class OrderChange:
    """What every write to one order is asked with; each use case adds what is its own.

    Attributes:
        expected_version: Refuse when the order is not at this version (If-Match); None: any.
    """

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)
    expected_version: int | None = field(default=None, validator=optional(whole_number))


@frozen(kw_only=True)
class Change:
    """A write to one order.

    Attributes:
        asked: The use case: by whom, to which order.
        operation: Scope of the idempotency key.
        content: Plain data that makes the request what it is; its digest is compared on repeats.
        with_saga: The decision needs the order's newest fulfilment saga.
    """

    asked: OrderChange
    operation: str
    content: object = None
    with_saga: bool = False

    @property
    def fingerprint(self) -> str:
        """Digest of operation, order and content."""
        return fingerprint([self.operation, self.asked.order_id, self.content])


async def change_order(ports: Ports, change: Change, act: Act) -> Order | Refusal:
    """Carry out a write.

    Returns:
        The order afterwards, the stored answer of the first request under the same key, or a
        refusal (which is not stored, so the corrected request may use the key again).

    Raises:
        NotFound: there is no such order in the caller's tenant.
        ConcurrencyConflict: somebody else wrote the order meanwhile, or it is not at the expected
            version.
        TransitionNotAllowed: the order's lifecycle has no such row.
        IdempotencyKeyReused: the key was used with other content.
    """
    caller, operation, digest = change.asked.caller, change.operation, change.fingerprint
    earlier = await replay(ports, caller, operation, digest, Order)
    if earlier is not None:
        return earlier
    try:
        answer = await _carry_out(ports, change, act)
    except (ConcurrencyConflict, TransitionNotAllowed):
        first = await replay(ports, caller, operation, digest, Order)
        if first is None:
            raise
        return first
    if isinstance(answer, Refusal):
        # What refuses us may be the effect of this very request, sent twice at the same moment.
        first = await replay(ports, caller, operation, digest, Order)
        return answer if first is None else first
    return answer


async def _carry_out(ports: Ports, change: Change, act: Act) -> Order | Refusal:
    caller, expected = change.asked.caller, change.asked.expected_version
    stored = await load(ports, caller, change.asked.order_id)
    order = stored.order
    if expected is not None and order.version != expected:
        raise ConcurrencyConflict(kind="order", id=order.id, expected=expected)
    if order.sale is not None:
        return Refusal(
            code="another_kind",
            reason=f"{change.operation} is for orders of services; this is one of goods",
        )
    saga = await newest_fulfilment(ports, order) if change.with_saga else None
    turn = processes.open_turn(
        ports.provisioning, order, at=ports.clock.now(), actor=caller.actor, draw=ports.ids.draw()
    )
    refused = act(turn, saga)
    if refused is not None:
        return refused
    if not turn.recorded:
        return await remember(ports, caller, change.operation, change.fingerprint, order)
    batch = turn_to_batch(
        turn,
        chain=stored.chain,
        fingerprint=stored.fingerprint,
        extras=Extras(
            salt=ports.ids.new(),
            correlation_id=caller.correlation_id,
            idempotency=response_record(
                ports, caller, change.operation, change.fingerprint, turn.order
            ),
        ),
    )
    try:
        await ports.store.commit(batch)
    except ConcurrencyConflict as conflict:
        return paid_elsewhere(conflict)
    return turn.order


def paid_elsewhere(conflict: ConcurrencyConflict) -> Refusal:
    """Return the refusal of a payment that pays another order of the tenant already.

    Raises:
        ConcurrencyConflict: it is another conflict.
    """
    if conflict.kind != "payment":
        raise conflict
    return Refusal(
        code="payment_of_another_order",
        reason=f"payment {conflict.id!r} has been recorded for another order",
    )


async def replay(
    ports: Ports, caller: Caller, operation: str, digest: str, kind: type[A]
) -> A | None:
    """Return the stored answer of the first request under the caller's key, if there was one.

    Raises:
        IdempotencyKeyReused: the key was used with other content.
        UnreadableRecord: the answer is damaged, or was written by a newer release.
    """
    if caller.idempotency_key is None:
        return None
    record = await ports.idempotency.get(caller.tenant, operation, _kept_under(caller))
    if record is not None:
        record = evolve(record, key=caller.idempotency_key)  # whoever is told knows it so
    earlier = judge(record, digest, ports.clock.now())
    if earlier is None:
        return None
    stored_under = f"{operation}/{caller.idempotency_key}"
    return decode_stored(kind, earlier.response, name="answer", id=stored_under)


async def remember(ports: Ports, caller: Caller, operation: str, digest: str, answer: A) -> A:
    """Store the answer to a request that had nothing to write, so that its key is taken too."""
    record = response_record(ports, caller, operation, digest, answer)
    if record is None:
        return answer
    try:
        await ports.store.commit(Batch(tenant=caller.tenant, idempotency=record))
    except ConcurrencyConflict:
        first = await replay(ports, caller, operation, digest, type(answer))
        if first is None:
            raise  # answered without a record, a repeat would be answered otherwise
        return first
    return answer


def response_record(
    ports: Ports, caller: Caller, operation: str, digest: str, answer: object
) -> IdempotencyRecord | None:
    """Return the record that lets a repeat be answered; None without a key."""
    if caller.idempotency_key is None:
        return None
    return IdempotencyRecord(
        tenant=caller.tenant,
        operation=operation,
        key=_kept_under(caller),
        fingerprint=digest,
        response=encode(answer),
        expires_at=ports.clock.now() + KEPT_FOR,
    )


def _kept_under(caller: Caller) -> str:
    """Return the key as it is stored.

    Who chooses keys does not know those of others, so a key stands for one caller. Those who act
    for the selling side share theirs: a job that another worker or a colleague repeats is the same.
    """
    key, actor = caller.idempotency_key or "", caller.actor
    return key if actor.role in _OF_THE_HOUSE else f"{key}@{derive_key(actor.role, actor.id)}"


async def load(ports: Ports, caller: Caller, order_id: OrderId) -> StoredOrder:
    """Return the order.

    Raises:
        NotFound: there is no such order in the caller's tenant.
    """
    stored = await ports.orders.get(caller.tenant, order_id)
    if stored is None:
        raise NotFound(kind="order", id=order_id)
    return stored


async def newest_fulfilment(ports: Ports, order: Order) -> SagaState | None:
    """Return the order's newest fulfilment saga, or None when it never had one.

    Raises:
        ConcurrencyConflict: the order names one that the reader does not know yet; without it what
            runs would be taken for what was never started.
    """
    saga_id = processes.newest_fulfilment(order)
    if saga_id is None:
        return None
    saga = await ports.sagas.get(order.tenant, saga_id)
    if saga is None:
        raise ConcurrencyConflict(kind="saga", id=saga_id)
    return saga


async def rows_now(
    ports: Ports, tenant: TenantId, order_id: OrderId
) -> tuple[StoredOrder, tuple[SagaState, ...]]:
    """Return an order and its sagas as they are at one instant, read under the order's lock.

    A reader may lag behind the writers. A stale row is harmless where a commit compares versions;
    a call that moves money or hands out credentials, and work that is dropped, go by this.

    Raises:
        NotFound: there is no such order in the tenant.
    """
    seen: list[tuple[StoredOrder, tuple[SagaState, ...]]] = []

    def look(locked: StoredOrder, sagas: tuple[SagaState, ...]) -> Refusal:
        seen[:] = [(locked, sagas)]
        return Refusal(code="only_looking", reason="nothing is to be written")

    await ports.store.update(tenant, order_id, look)
    return seen[0]
