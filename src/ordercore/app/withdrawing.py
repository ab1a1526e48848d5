"""Use case: a consumer withdraws from a fulfilled order."""

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

__all__ = ["WithdrawOrder"]


@frozen(kw_only=True)
class WithdrawOrder:
    """Withdraw from a fulfilled order within 14 days: everything goes down, the money goes back.

    A consumer who expressly asked for the service at once pays for the days begun. The order stays
    ``fulfilled``; its items end ``rolled_back``.
    """

    caller: Caller
    order_id: OrderId
    reason: str
    expected_version: int | None = None

    async def run(self, ports: Ports) -> Order | Refusal:
        """Withdraw.

        Returns:
            The order, or a refusal such as ``not_fulfilled`` or ``withdrawal_period_over``.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """

        def act(turn: Turn, saga: SagaState | None) -> Refusal | None:
            return processes.withdraw(turn, saga, self.reason)

        change = Change(
            caller=self.caller,
            order_id=self.order_id,
            operation="withdraw_order",
            content=self.reason,
            expected_version=self.expected_version,
            with_saga=True,
        )
        return await change_order(ports, change, act)
