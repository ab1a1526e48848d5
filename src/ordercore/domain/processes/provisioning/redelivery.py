"""Send the credentials once more: decide, record, and let a small saga do the sending."""

from __future__ import annotations

from ordercore.domain.delivery import request_redelivery
from ordercore.domain.processes.following import begin
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.saga_events import ITEMS
from ordercore.domain.processes.provisioning.sagas import REDELIVERY
from ordercore.domain.processes.turn import Turn
from ordercore.engine.saga import start
from ordercore.kernel.result import Refusal

__all__ = ["redeliver"]


def redeliver(turn: Turn[ProvisioningRules]) -> Refusal | None:
    """Record the request and start sending, unless the limit says no."""
    asked = request_redelivery(turn.order, now=turn.at, limit=turn.rules.redelivery)
    if isinstance(asked, Refusal):
        return asked
    turn.record(asked)
    begin(
        turn,
        start(
            turn.rules.saga(REDELIVERY.name),
            saga_id=turn.next_saga_id(),
            tenant=turn.order.tenant,
            subject=turn.order.id,
            items={},
            now=turn.at,
            # Fixed now: an item that turns active on the way was not in the message.
            order_data=((ITEMS, ",".join(asked.items)),),
        ),
    )
    return None
