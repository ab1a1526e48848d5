"""Make the outside calls of the sagas of provisioning orders: cloud, notifications, mail."""

from __future__ import annotations

from ordercore.app._reply import Reply
from ordercore.domain.delivery import TAKEN_BACK, Credentials
from ordercore.domain.orders import Order
from ordercore.domain.processes import ITEMS, RESOURCE, items_to_deliver
from ordercore.engine.saga import Call, CallKind, Rejected, Succeeded, recall
from ordercore.kernel.ids import ItemId, text_id
from ordercore.ports import (
    CredentialMail,
    Notification,
    Ports,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
)

__all__ = ["deliver", "notify", "provision", "take_in"]


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


async def provision(ports: Ports, order: Order, call: Call) -> Reply:
    """Build an item, find out whether it is there, or take it down."""
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


async def notify(ports: Ports, order: Order, call: Call) -> Reply:
    """Tell the customer that an item was taken back."""
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


async def deliver(ports: Ports, order: Order, call: Call) -> Reply:
    """Send the credentials of the items that run."""
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
