"""Use cases: record a payment, take a confirmation back."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ordercore.app._change import Change, change_order
from ordercore.app.use_case import Caller, free_text
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.payments import Payment
from ordercore.domain.processes import Turn
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, text_id
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import format_instant, instant
from ordercore.ports import Ports

__all__ = ["ConfirmPayment", "RevertPayment"]


@frozen(kw_only=True)
class ConfirmPayment:
    """Record that money arrived.

    Reference, amount and time are kept for good. Within the tolerance our price is charged; money
    for an order already cancelled or failed is returned. The same payment reported twice changes
    nothing.

    Attributes:
        reference: The provider's reference of the payment.
        paid_at: When it arrived; None for now.
    """

    caller: Caller
    order_id: OrderId
    reference: str
    amount: Money
    paid_at: datetime | None = None
    expected_version: int | None = None

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal such as ``amount_outside_tolerance`` with both amounts.

        Raises:
            InvalidInput: the reference is not usable text, or ``paid_at`` has no UTC offset.
            NotFound: there is no such order.
            TransitionNotAllowed: the order does not wait for a payment.
            ConcurrencyConflict: somebody else wrote it meanwhile.
        """
        paid_at = None if self.paid_at is None else instant(self.paid_at, field="paid_at")
        payment = Payment(
            reference=text_id(self.reference, field="reference"),
            amount=self.amount,
            at=ports.clock.now() if paid_at is None else paid_at,
        )
        if self.amount.is_negative or self.amount.is_zero:
            return Refusal(code="amount_not_positive", reason=f"{self.amount} is no payment")

        def act(turn: Turn, _saga: SagaState | None) -> Refusal | None:
            return processes.confirm(turn, payment)

        content = [
            self.reference,
            self.amount.amount_minor,
            self.amount.currency,
            None if paid_at is None else format_instant(paid_at),
        ]
        return await change_order(
            ports,
            Change(
                caller=self.caller,
                order_id=self.order_id,
                operation="confirm_payment",
                content=content,
                expected_version=self.expected_version,
            ),
            act,
        )


@frozen(kw_only=True)
class RevertPayment:
    """Take a confirmation back before provisioning starts; moves no money. For operators."""

    caller: Caller
    order_id: OrderId
    reason: str
    expected_version: int | None = None

    async def run(self, ports: Ports) -> Order | Refusal:
        """Revert it; see `ordercore.app.ConfirmPayment` for what may be raised."""
        reason = free_text(self.reason, field="reason")

        def act(turn: Turn, _saga: SagaState | None) -> Refusal | None:
            return processes.revert(turn, reason)

        return await change_order(
            ports,
            Change(
                caller=self.caller,
                order_id=self.order_id,
                operation="revert_payment",
                content=reason,
                expected_version=self.expected_version,
            ),
            act,
        )
