"""The common course of every write to an order of goods: decided and written under its lock.

Goods, money and parcels are told about by many at once (the customer, a notice, a look-up, the
carrier), so writers queue up instead of colliding. A repeat under the same key gets the first
answer; too little stock is a refusal that names what is missing.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from ordercore.app._change import (
    OrderChange,
    paid_elsewhere,
    remember,
    replay,
    response_record,
)
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.codec import fingerprint
from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import RetailTurn, open_turn
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    StockShort,
    TransitionNotAllowed,
)
from ordercore.kernel.party import Actor
from ordercore.kernel.result import Finding, Refusal
from ordercore.ports import Batch, Ports, StoredOrder

__all__ = ["SaleChange", "change_sale"]

Act = Callable[[RetailTurn], Refusal | None]


@frozen(kw_only=True)
class SaleChange:
    """A write to one order of goods.

    Attributes:
        asked: The use case: by whom, to which order.
        operation: Scope of the idempotency key.
        content: Plain data that makes the request what it is; its digest is compared on repeats.
        actor: Who acts, where that is not the caller.
        sealed: What is to be kept sealed with the order.
    """

    asked: OrderChange
    operation: str
    content: object = None
    actor: Actor | None = None
    sealed: SealedCredentials | None = None

    @property
    def fingerprint(self) -> str:
        """Digest of operation, order and content."""
        return fingerprint([self.operation, self.asked.order_id, self.content])


async def change_sale(ports: Ports, change: SaleChange, act: Act) -> Order | Refusal:
    """Carry out a write.

    Returns:
        The order afterwards, the stored answer of the first request under the same key, or a
        refusal; ``out_of_stock`` lists each missing article.

    Raises:
        NotFound: there is no such order in the caller's tenant.
        ConcurrencyConflict: it is not at the expected version.
        TransitionNotAllowed: the order's lifecycle has no such row.
        IdempotencyKeyReused: the key was used with other content.
    """
    caller = change.asked.caller
    first = await replay(ports, caller, change.operation, change.fingerprint, Order)
    if first is not None:
        return first
    try:
        answer = await _carry_out(ports, change, act)
    except (ConcurrencyConflict, TransitionNotAllowed):
        first = await replay(ports, caller, change.operation, change.fingerprint, Order)
        if first is None:
            raise
        return first
    if isinstance(answer, Refusal):
        # What refuses us may be the effect of this very request, sent twice at the same moment.
        first = await replay(ports, caller, change.operation, change.fingerprint, Order)
        return answer if first is None else first
    return answer


async def _carry_out(ports: Ports, change: SaleChange, act: Act) -> Order | Refusal:
    asked = change.asked
    salt, now, draw = ports.ids.new(), ports.clock.now(), ports.ids.draw()
    unchanged: list[Order] = []

    def decide(locked: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch | Refusal:
        order, expected = locked.order, asked.expected_version
        if expected is not None and order.version != expected:
            raise ConcurrencyConflict(kind="order", id=order.id, expected=expected)
        if order.sale is None:
            return Refusal(
                code="another_kind",
                reason=f"{change.operation} is for orders of goods; this is one of services",
            )
        actor = change.actor or asked.caller.actor
        turn = open_turn(ports.retail, order, at=now, actor=actor, draw=draw, sagas=sagas)
        refused = act(turn)
        if refused is not None:
            return refused
        if not turn.recorded:
            unchanged[:] = [order]
            return Refusal(code="unchanged", reason="there is nothing to write")
        return turn_to_batch(
            turn,
            chain=locked.chain,
            fingerprint=locked.fingerprint,
            extras=Extras(
                salt=salt,
                correlation_id=asked.caller.correlation_id,
                idempotency=response_record(
                    ports, asked.caller, change.operation, change.fingerprint, turn.order
                ),
                sealed=change.sealed,
            ),
        )

    try:
        written = await ports.store.update(asked.caller.tenant, asked.order_id, decide)
    except StockShort as short:
        return _out_of_stock(short)
    except ConcurrencyConflict as conflict:
        return paid_elsewhere(conflict)
    if unchanged:
        return await remember(
            ports, asked.caller, change.operation, change.fingerprint, unchanged[0]
        )
    return written if isinstance(written, Refusal) else written.orders[0].stored.order


def _out_of_stock(short: StockShort) -> Refusal:
    findings = tuple(
        Finding(
            field="lines",
            code="out_of_stock",
            message=f"{each.requested} of {each.sku} wanted, {each.available} available",
            allowed=f"at most {each.available}",
        )
        for each in short.shortages
    )
    return Refusal(
        code="out_of_stock",
        reason="; ".join(finding.message for finding in findings),
        findings=findings,
    )
