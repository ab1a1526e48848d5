"""Use cases: place, submit, cancel, restore, and look at orders."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import optional

from ordercore.app._asked import (
    of_kind,
    page_length,
    usable_id,
    usable_text,
    whole_number,
    yes_or_no,
)
from ordercore.app._change import (
    Change,
    OrderChange,
    change_order,
    load,
    remember,
    replay,
    response_record,
)
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app._requested import usable_request
from ordercore.app._selling import SaleChange, change_sale
from ordercore.app.use_case import Caller
from ordercore.codec import fingerprint
from ordercore.domain import processes
from ordercore.domain.orders import Order, OrderCreated
from ordercore.domain.orders.lifecycles import ProvisioningTrigger
from ordercore.domain.processes import OrderRequest
from ordercore.domain.processes.retail import call_off
from ordercore.engine.audit import GENESIS, AuditRecord
from ordercore.engine.messaging import Envelope
from ordercore.kernel.errors import ConcurrencyConflict, IdempotencyKeyReused, InvalidInput
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = [
    "CancelOrder",
    "GetOrder",
    "ListOrders",
    "OrderFeed",
    "OrderHistory",
    "PlaceOrder",
    "Placed",
    "RestoreOrder",
    "SubmitOrder",
]


@frozen(kw_only=True)
class Placed:
    """An order that is there now; ``repeated`` when the same request had placed it before."""

    order: Order
    repeated: bool


@frozen(kw_only=True)
class PlaceOrder:
    """Place an order as a draft.

    A tenant's reference names one order for good: the same request again returns that order, and
    the same reference with other content is a fault.
    """

    caller: Caller = field(validator=of_kind(Caller))
    request: OrderRequest = field(validator=usable_request)

    async def run(self, ports: Ports) -> Placed | Refusal:
        """Check, price and store the order.

        Returns:
            The order, or a refusal with every finding; then nothing is stored.

        Raises:
            InvalidInput: a host without checks was handed a configuration that cannot be stored.
            IdempotencyKeyReused: the reference or the key was used with other content.
        """
        caller, request = self.caller, self.request
        digest = _digest(request)
        if digest is None:
            return self._not_json(ports)
        known = await self._known(ports, digest)
        if known is not None:
            return known
        created = self._created(ports)
        if isinstance(created, Refusal):
            return created
        turn = processes.open_turn(
            ports.provisioning, None, at=ports.clock.now(), actor=caller.actor
        )
        turn.record(created)
        batch = turn_to_batch(
            turn,
            chain=GENESIS,
            fingerprint=digest,
            extras=Extras(
                salt=ports.ids.new(),
                correlation_id=caller.correlation_id,
                idempotency=response_record(ports, caller, "place_order", digest, turn.order),
            ),
        )
        try:
            await ports.store.commit(batch)
        except ConcurrencyConflict:
            # The same request came in at the same moment and was first: its order is the answer.
            first = await self._known(ports, digest)
            if first is None:
                raise
            return first
        return Placed(order=turn.order, repeated=False)

    def _not_json(self, ports: Ports) -> Refusal:
        """Return the findings about a configuration that JSON has no form for."""
        try:
            refused = self._created(ports)
        except (TypeError, ValueError, RecursionError):
            refused = None
        if isinstance(refused, Refusal):
            return refused
        raise InvalidInput(field="items", problem="a configuration has no JSON form")

    def _created(self, ports: Ports) -> OrderCreated | Refusal:
        return processes.place(
            self.request,
            tenant=self.caller.tenant,
            order_id=OrderId(ports.ids.new()),
            rules=ports.provisioning,
        )

    async def _known(self, ports: Ports, digest: str) -> Placed | None:
        caller, reference = self.caller, self.request.reference
        earlier = await replay(ports, caller, "place_order", digest, Order)
        if earlier is not None:
            return Placed(order=earlier, repeated=True)
        stored = await ports.orders.by_reference(caller.tenant, reference)
        if stored is None:
            return None
        if stored.fingerprint != digest:
            raise IdempotencyKeyReused(operation="place_order", key=reference)
        answer = await remember(ports, caller, "place_order", digest, stored.order)
        return Placed(order=answer, repeated=True)


@frozen(kw_only=True)
class SubmitOrder(OrderChange):
    """Submit a draft: from now on it waits for its payment, unless there is nothing to pay."""

    async def run(self, ports: Ports) -> Order | Refusal:
        """Submit it; see `ordercore.app.CancelOrder` for what may be raised."""
        change = Change(asked=self, operation="submit_order")
        return await change_order(
            ports, change, lambda turn, _saga: processes.move(turn, ProvisioningTrigger.SUBMIT)
        )


@frozen(kw_only=True)
class CancelOrder(OrderChange):
    """Cancel an order wherever it stands; what was built goes down, what was paid goes back."""

    reason: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Cancel it.

        Raises:
            NotFound: there is no such order.
            TransitionNotAllowed: it is past cancelling.
            ConcurrencyConflict: somebody else wrote it meanwhile; read it again and decide anew.
        """
        if (await load(ports, self.caller, self.order_id)).order.sale is not None:
            of_goods = SaleChange(asked=self, operation="cancel_order", content=self.reason)
            return await change_sale(ports, of_goods, lambda turn: call_off(turn, self.reason))
        change = Change(asked=self, operation="cancel_order", content=self.reason, with_saga=True)
        return await change_order(
            ports, change, lambda turn, saga: processes.cancel(turn, saga, self.reason)
        )


@frozen(kw_only=True)
class RestoreOrder(OrderChange):
    """Bring a cancelled order back as a draft, once its refund has settled. For operators."""

    reason: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Restore it; see `ordercore.app.CancelOrder` for what may be raised."""
        change = Change(asked=self, operation="restore_order", content=self.reason, with_saga=True)
        return await change_order(
            ports, change, lambda turn, saga: processes.restore(turn, saga, self.reason)
        )


@frozen(kw_only=True)
class GetOrder:
    """Look at one order, hidden or not."""

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)

    async def run(self, ports: Ports) -> Order:
        """Return it.

        Raises:
            NotFound: there is no such order in the caller's tenant.
        """
        return (await load(ports, self.caller, self.order_id)).order


@frozen(kw_only=True)
class ListOrders:
    """Look at a tenant's orders, a page at a time, in the order of their ids.

    Attributes:
        state: Only orders in this state; None for all.
        hidden: Cancelled orders too.
        after: Begin behind this id; None for the first page.
        limit: Length of the page, 1 to 1000.
    """

    caller: Caller = field(validator=of_kind(Caller))
    state: str | None = field(default=None, validator=optional(usable_id))
    hidden: bool = field(default=False, validator=yes_or_no)
    after: OrderId | None = field(default=None, validator=optional(usable_id))
    limit: int = field(default=50, validator=page_length)

    async def run(self, ports: Ports) -> tuple[Order, ...]:
        """Return a page; the last id of it is the next ``after``."""
        return await ports.orders.list(
            self.caller.tenant,
            state=self.state,
            hidden=self.hidden,
            after=self.after,
            limit=self.limit,
        )


@frozen(kw_only=True)
class OrderHistory:
    """Look at the audit trail of one order."""

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)

    async def run(self, ports: Ports) -> tuple[AuditRecord, ...]:
        """Return every record, oldest first.

        Raises:
            NotFound: there is no such order in the caller's tenant.
        """
        await load(ports, self.caller, self.order_id)
        return await ports.audit.history(self.caller.tenant, self.order_id)


@frozen(kw_only=True)
class OrderFeed:
    """Follow an order's progress: ask again with the last position seen.

    The feed reaches back as far as events are kept, see `SweepRecords`; the trail,
    `OrderHistory`, to the beginning.
    """

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)
    after: int = field(default=0, validator=whole_number)

    async def run(self, ports: Ports) -> tuple[Envelope, ...]:
        """Return the events with a position above ``after``, in order."""
        return await ports.outbox.feed(self.caller.tenant, self.order_id, after=self.after)


def _digest(request: OrderRequest) -> str | None:
    """Return the digest of a request; None when a configuration has no JSON form."""
    content = [
        request.reference,
        request.customer,
        request.currency,
        request.billing_cycle,
        [[item.type, _plain(item.config)] for item in request.items],
        request.quoted_total_minor,
        request.express_request,
    ]
    try:
        return fingerprint(content)
    except (TypeError, ValueError, RecursionError):
        return None


def _plain(value: object) -> object:
    """Return mappings of any kind as dicts, one level below the top as well (`autoscaling`)."""
    if not isinstance(value, Mapping):
        return value
    return {key: dict(v) if isinstance(v, Mapping) else v for key, v in value.items()}
