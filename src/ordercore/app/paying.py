"""Use cases: record a payment, take a confirmation back."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ordercore.app._asked import usable_amount, usable_id, usable_text
from ordercore.app._change import Change, OrderChange, change_order
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.payments import Payment
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import format_instant, instant
from ordercore.ports import Ports

__all__ = ["ConfirmPayment", "RevertPayment"]


def _arrival(paid_at: datetime | None) -> datetime | None:
    return None if paid_at is None else instant(paid_at, field="paid_at")


@frozen(kw_only=True)
class ConfirmPayment(OrderChange):
    """Record that money arrived.

    Reference, amount and time are kept for good. Within the tolerance our price is charged; money
    for an order already cancelled or failed is returned. The same payment reported twice changes
    nothing.

    Attributes:
        reference: The provider's reference of the payment.
        paid_at: When it arrived; None for now.
    """

    reference: str = field(validator=usable_id)
    amount: Money = field(validator=usable_amount)
    paid_at: datetime | None = field(default=None, converter=_arrival)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal such as ``amount_outside_tolerance`` with both amounts, or
            ``payment_of_another_order`` when the reference pays another one already.

        Raises:
            NotFound: there is no such order.
            TransitionNotAllowed: the order does not wait for a payment.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        if self.amount.is_negative or self.amount.is_zero:
            return Refusal(code="amount_not_positive", reason=f"{self.amount} is no payment")
        paid_at = self.paid_at
        payment = Payment(
            reference=self.reference,
            amount=self.amount,
            at=ports.clock.now() if paid_at is None else paid_at,
        )
        content = [
            self.reference,
            self.amount.amount_minor,
            self.amount.currency,
            None if paid_at is None else format_instant(paid_at),
        ]
        change = Change(asked=self, operation="confirm_payment", content=content)
        return await change_order(
            ports, change, lambda turn, _saga: processes.confirm(turn, payment)
        )


@frozen(kw_only=True)
class RevertPayment(OrderChange):
    """Take a confirmation back before provisioning starts; moves no money. For operators."""

    reason: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Revert it; see `ordercore.app.ConfirmPayment` for what may be raised."""
        change = Change(asked=self, operation="revert_payment", content=self.reason)
        return await change_order(
            ports, change, lambda turn, _saga: processes.revert(turn, self.reason)
        )
