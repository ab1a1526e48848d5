"""Use case: pull a trigger of a host's own lifecycle."""

from __future__ import annotations

from attrs import field, frozen

from ordercore.app._asked import usable_id, usable_text
from ordercore.app._change import Change, OrderChange, change_order
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import ProvisioningTrigger
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["PullTrigger"]


@frozen(kw_only=True)
class PullTrigger(OrderChange):
    """Move an order along a row that a host has added to the lifecycle.

    The triggers that come with the library do more than move the order (they take money in, send it
    back, start and stop sagas), so each of them keeps its own use case and is refused here.
    """

    trigger: str = field(validator=usable_id)
    reason: str = field(default="", validator=usable_text)

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
        content = [self.trigger, self.reason]
        return await change_order(
            ports,
            Change(asked=self, operation="pull_trigger", content=content),
            lambda turn, _saga: processes.move(turn, self.trigger, reason=self.reason),
        )
