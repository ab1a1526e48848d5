"""Use case: a provider reports later how an attempt to provision ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, evolve, field, frozen

from ordercore.app._answers import answer_batch
from ordercore.app._asked import of_kind, usable_id, whole_number
from ordercore.app._change import load, replay, response_record
from ordercore.app._permitted import only_for
from ordercore.app._provisioning_calls import take_in
from ordercore.app._reply import Reply
from ordercore.app.use_case import Caller
from ordercore.codec import fingerprint
from ordercore.domain.delivery import Credentials
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes import FULFILMENT, PROVISION, open_turn
from ordercore.engine.saga import Answer, SagaState, call_key
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput, NotFound
from ordercore.kernel.ids import OrderId, text_id
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports, Provisioned, ProvisionOutcome, StoredOrder

__all__ = ["ReportProvisioning"]


_an_outcome = of_kind(ProvisionOutcome)


def _usable_outcome(asked: object, attribute: Attribute[Any], outcome: object) -> None:
    _an_outcome(asked, attribute, outcome)
    if not isinstance(outcome, Provisioned):
        return
    text_id(outcome.resource, field="resource")
    credentials: object = outcome.credentials
    values = credentials.values if isinstance(credentials, Credentials) else None
    if not isinstance(values, Mapping) or not all(map(_is_text, (*values, *values.values()))):
        # Sealed they would be out of sight, and could be neither opened nor delivered.
        raise InvalidInput(
            field="credentials", problem="are none", allowed="Credentials of text by name"
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


@frozen(kw_only=True)
class ReportProvisioning:
    """Take in the outcome of an attempt to provision one item.

    Items of one order may be reported at the same moment by many processes: the order is locked
    while the answer is worked in, so they queue up instead of colliding. An answer to an attempt
    that is no longer the current one is noted in the audit trail and changes nothing else.

    Attributes:
        key: The key of the `ordercore.ports.ProvisionRequest`.
        attempt: The attempt of that request.
        outcome: How it ended.
    """

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)
    key: str = field(validator=usable_id)
    attempt: int = field(validator=whole_number)
    outcome: ProvisionOutcome = field(validator=_usable_outcome)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal ``not_permitted``: providers report, and operators for them.

        Raises:
            NotFound: no order, or no item of it, waits for this key.
            IdempotencyKeyReused: the caller's key was used with other content.
        """
        refused = only_for(self.caller, Role.SYSTEM, Role.OPERATOR, what="reporting is")
        if refused is not None:
            return refused
        digest = self._digest()
        earlier = await replay(ports, self.caller, "report_provisioning", digest, Order)
        if earlier is not None:
            return earlier
        stored = await load(ports, self.caller, self.order_id)
        saga, item = await self._waiting(ports, stored.order)
        reply = await take_in(ports, stored.order, stored.order.item(item).id, self.outcome)
        salt, now, draw = ports.ids.new(), ports.clock.now(), ports.ids.draw()

        def decide(locked: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch | Refusal:
            current = next(state for state in sagas if state.id == saga.id)
            turn = open_turn(
                ports.rules(locked.order), locked.order, at=now, actor=self.caller.actor, draw=draw
            )
            batch, _ = answer_batch(
                turn,
                stored=locked,
                saga=current,
                answer=self._answer(item, reply),
                reply=reply,
                salt=salt,
                correlation_id=self.caller.correlation_id,
            )
            record = response_record(ports, self.caller, "report_provisioning", digest, turn.order)
            return evolve(batch, idempotency=record)

        try:
            written = await ports.store.update(self.caller.tenant, self.order_id, decide)
        except ConcurrencyConflict:
            first = await replay(ports, self.caller, "report_provisioning", digest, Order)
            if first is None:
                raise
            return first
        return written if isinstance(written, Refusal) else written.orders[0].stored.order

    async def _waiting(self, ports: Ports, order: Order) -> tuple[SagaState, str]:
        for saga in await ports.sagas.of_order(order.tenant, order.id):
            if saga.definition != FULFILMENT.name:
                continue
            for branch in saga.item_branches:
                if call_key(saga.id, branch.key, PROVISION, forward=True) == self.key:
                    return saga, branch.key
        raise NotFound(kind="provisioning request", id=self.key)

    def _answer(self, item: str, reply: Reply) -> Answer:
        return Answer(
            branch=item,
            step=PROVISION,
            attempt=self.attempt,
            forward=True,
            outcome=reply.outcome,
        )

    def _digest(self) -> str:
        outcome = self.outcome
        what = outcome.resource if isinstance(outcome, Provisioned) else repr(outcome)
        return fingerprint([self.order_id, self.key, self.attempt, type(outcome).__name__, what])
