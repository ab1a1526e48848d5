"""Use case: pull a trigger of a host's own lifecycle."""

from __future__ import annotations

from attrs import frozen

from ordercore.app._change import Change, change_order
from ordercore.app.use_case import Caller
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import ProvisioningTrigger
from ordercore.domain.processes import Turn
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["PullTrigger"]


@frozen(kw_only=True)
class PullTrigger:
    """Move an order along a row that a host has added to the lifecycle.

    The triggers that come with the library do more than move the order (they take money in, send it
    back, start and stop sagas), so each of them keeps its own use case and is refused here.
    """

    caller: Caller
    order_id: OrderId
    trigger: str
    reason: str = ""
    expected_version: int | None = None

    async def run(self, ports: Ports) -> Order | Refusal:
        """Pull it.

        Returns:
            The order, or a refusal: by a guard, ``not_permitted`` for another role than the row
            names, or ``has_its_own_use_case``.

        Raises:
            NotFound: there is no such order.
            TransitionNotAllowed: the lifecycle has no such row from the order's state.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        if self.trigger in tuple(ProvisioningTrigger):
            return Refusal(
                code="has_its_own_use_case",
                reason=f"{self.trigger} does more than move the order; use its own use case",
            )

        def act(turn: Turn, _saga: SagaState | None) -> Refusal | None:
            return turn.fire(self.trigger, reason=self.reason)

        change = Change(
            caller=self.caller,
            order_id=self.order_id,
            operation="pull_trigger",
            content=[self.trigger, self.reason],
            expected_version=self.expected_version,
        )
        return await change_order(ports, change, act)
