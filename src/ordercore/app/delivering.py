"""Use case: send the access credentials once more."""

from __future__ import annotations

from attrs import frozen

from ordercore.app._change import Change, OrderChange, change_order
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["RedeliverCredentials"]


@frozen(kw_only=True)
class RedeliverCredentials(OrderChange):
    """Ask that the credentials of the active items be sent again, encrypted."""

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record the request; a worker sends the message.

        Returns:
            The order, or a refusal ``nothing_to_deliver`` or ``redelivery_limited``.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        change = Change(asked=self, operation="redeliver_credentials")
        return await change_order(ports, change, lambda turn, _saga: processes.redeliver(turn))
