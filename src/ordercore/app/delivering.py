"""Use case: send the access credentials once more."""

from __future__ import annotations

from attrs import frozen

from ordercore.app._change import Change, change_order
from ordercore.app.use_case import Caller
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.processes import Turn
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["RedeliverCredentials"]


@frozen(kw_only=True)
class RedeliverCredentials:
    """Ask that the credentials of the active items be sent again, encrypted."""

    caller: Caller
    order_id: OrderId

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record the request; a worker sends the message.

        Returns:
            The order, or a refusal ``nothing_to_deliver`` or ``redelivery_limited``.

        Raises:
            NotFound: there is no such order.
        """

        def act(turn: Turn, _saga: SagaState | None) -> Refusal | None:
            return processes.redeliver(turn)

        return await change_order(
            ports,
            Change(caller=self.caller, order_id=self.order_id, operation="redeliver_credentials"),
            act,
        )
