"""Make the outside call a saga is waiting for, and say how it ended.

Step names are mapped to ports here, and to what each call is told as. Whatever a port raises is
taken for an unclear outcome, never for success or failure; of the exception only the type goes on
record, since its text may hold secrets. Two exceptions are not the other side's and are raised: a
port that is not there, and memory that ran out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from ordercore.app._traced import Traced, error_of_outcome, traced
from ordercore.domain.delivery import TAKEN_BACK, Credentials, SealedCredentials
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import (
    DELIVER,
    ITEMS,
    NOTIFY,
    PROVISION,
    REFUND_STEP,
    RESOURCE,
    items_to_deliver,
)
from ordercore.engine.saga import Call, CallKind, Outcome, Rejected, Succeeded, Unclear, recall
from ordercore.kernel.errors import DefinitionError, NotConfigured
from ordercore.kernel.ids import ItemId, text_id
from ordercore.ports import (
    CredentialMail,
    Notification,
    Ports,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RefundRequest,
    TraceName,
)

__all__ = ["Reply", "TOLD_AS", "make_call", "take_in"]


@frozen(kw_only=True)
class Reply:
    """How a call ended.

    Attributes:
        sealed: Credentials to store if the saga accepts the answer.
        removed: Item whose credentials are to be forgotten if the saga accepts the answer.
    """

    outcome: Outcome
    sealed: SealedCredentials | None = None
    removed: ItemId | None = None


async def make_call(ports: Ports, order: Order, call: Call) -> Reply:
    """Make ``call`` and return how it ended.

    Raises:
        DefinitionError: no port is mapped to the step.
        NotConfigured: the host did not supply the port.
        MemoryError: what was known of the answer is lost. As after a crash, whoever takes the work
            up makes the call again under its key.
    """
    make = _PORTS.get(call.step)
    if make is None:
        raise DefinitionError(name="steps", problems=(f"no port is mapped to step {call.step!r}",))
    told = Traced(
        name=TOLD_AS.get(call.step, TraceName.ORDER_FULFILLMENT),
        operation=f"{call.step}.{call.kind}",
        tenant=order.tenant,
        order_id=order.id,
        outside=True,
    )
    try:
        reply = await traced(
            ports,
            told,
            lambda: make(ports, order, call),
            error_of=lambda reply: error_of_outcome(reply.outcome),
        )
    except (NotConfigured, MemoryError):
        raise  # waiting for an outcome would hide what is wrong here
    except Exception as trouble:
        return Reply(outcome=Unclear(reason=f"the call raised {type(trouble).__name__}"))
    answered: object = reply.outcome  # a host's adapter may hand over anything
    if isinstance(answered, Outcome):
        return reply
    return Reply(outcome=Unclear(reason=f"the call answered {type(answered).__name__}"))


async def take_in(ports: Ports, order: Order, item: ItemId, outcome: ProvisionOutcome) -> Reply:
    """Seal what a provisioner handed out, so that nothing in the clear goes any further."""
    if not isinstance(outcome, Provisioned):
        return Reply(outcome=outcome)
    resource = text_id(outcome.resource, field="resource")
    sealed = await ports.sealer.seal(
        outcome.credentials,
        tenant=order.tenant,
        order_id=order.id,
        item=item,
        resource=resource,
    )
    return Reply(outcome=Succeeded(memory=((RESOURCE, resource),)), sealed=sealed)


async def _provision(ports: Ports, order: Order, call: Call) -> Reply:
    item = order.item(call.branch)
    if not call.forward:
        removal = await ports.provisioner.deprovision(
            order.tenant,
            key=call.key,
            provision_key=call.effect_key,
            resource=recall(call.memory, RESOURCE),
        )
        return Reply(outcome=removal, removed=item.id)
    if call.kind is CallKind.FIND:
        found = await ports.provisioner.find(order.tenant, call.key)
        return await take_in(ports, order, item.id, found)
    built = await ports.provisioner.provision(
        ProvisionRequest(
            key=call.key,
            attempt=call.attempt,
            tenant=order.tenant,
            order_id=order.id,
            item=item.id,
            product_type=item.snapshot.product_type,
            config=item.snapshot.config,
        )
    )
    return await take_in(ports, order, item.id, built)


async def _refund(ports: Ports, order: Order, call: Call) -> Reply:
    entry = _requested(order, call.key)
    if entry is None:
        return Reply(outcome=Succeeded())  # nothing was paid for it, so nothing goes back
    if call.kind is CallKind.FIND:
        return Reply(outcome=await ports.payments.find_refund(order.tenant, call.key))
    request = RefundRequest(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        payment_reference=entry.source,
        amount=entry.amount,
    )
    return Reply(outcome=await ports.payments.refund(request))


async def _notify(ports: Ports, order: Order, call: Call) -> Reply:
    item = order.item(call.branch)
    what = f"Item {item.id} ({item.snapshot.name}) of order {order.reference}"
    why = f": {item.failure}" if item.failure else ""
    notification = Notification(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        kind="item-rolled-back",
        recipient=order.customer,
        text=f"{what} was taken back{why}",
    )
    return Reply(outcome=await ports.notifications.send(notification))


async def _deliver(ports: Ports, order: Order, call: Call) -> Reply:
    wanted = items_to_deliver(order, call.data)
    if order.state in TAKEN_BACK or not wanted:
        return Reply(outcome=Rejected(code="nothing_to_deliver", reason=f"order {order.state}"))
    opened: dict[ItemId, Credentials] = {}
    for sealed in await ports.vault.of_order(order.tenant, order.id):
        if sealed.item in wanted:
            opened[sealed.item] = await ports.sealer.open(sealed)
    if not opened:  # the items are active, but on their way down
        return Reply(outcome=Rejected(code="nothing_to_deliver", reason="no credentials are kept"))
    mail = CredentialMail(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        reference=order.reference,
        recipient=order.customer,
        credentials=opened,
    )
    outcome = await ports.mailer.deliver(mail)
    if isinstance(outcome, Succeeded):
        outcome = Succeeded(memory=((ITEMS, ",".join(sorted(opened))),))
    return Reply(outcome=outcome)


def _requested(order: Order, key: str) -> LedgerEntry | None:
    for entry in order.ledger:
        if entry.kind is EntryKind.REFUND_REQUESTED and entry.key == key:
            return entry
    return None


_PORTS: dict[str, Callable[[Ports, Order, Call], Awaitable[Reply]]] = {
    PROVISION: _provision,
    REFUND_STEP: _refund,
    NOTIFY: _notify,
    DELIVER: _deliver,
}

TOLD_AS: dict[str, TraceName] = {
    PROVISION: TraceName.ORDER_FULFILLMENT,
    REFUND_STEP: TraceName.PAYMENT_PROCESSING,
    NOTIFY: TraceName.ORDER_FULFILLMENT,
    DELIVER: TraceName.ORDER_FULFILLMENT,
}
"""The name under which each step's calls are told to the telemetry port."""
