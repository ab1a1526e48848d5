"""Use case: a consumer withdraws from a fulfilled order."""

from __future__ import annotations

from attrs import field, frozen

from ordercore.app._asked import usable_text
from ordercore.app._change import Change, OrderChange, change_order
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports

__all__ = ["WithdrawOrder"]


@frozen(kw_only=True)
class WithdrawOrder(OrderChange):
    """Withdraw from a fulfilled order within 14 days: everything goes down, the money goes back.

    A consumer who expressly asked for the service at once pays for the days begun. The order stays
    ``fulfilled``; its items end ``rolled_back``.
    """

    reason: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Withdraw.

        Returns:
            The order, or a refusal such as ``not_fulfilled`` or ``withdrawal_period_over``.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        change = Change(asked=self, operation="withdraw_order", content=self.reason, with_saga=True)
        return await change_order(
            ports, change, lambda turn, saga: processes.withdraw(turn, saga, self.reason)
        )
