"""The payment provider that moves money back."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money

__all__ = ["PaymentsPort", "RefundOutcome", "RefundRequest"]


@frozen(kw_only=True)
class RefundRequest:
    """Money to give back.

    Attributes:
        key: The same for every attempt; the same key never pays twice.
        payment_reference: The provider's reference of the payment it came from.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    payment_reference: str
    amount: Money


RefundOutcome = Succeeded | Accepted | Failed | Rejected | Unclear | Absent


class PaymentsPort(Protocol):
    """Refunds; every call may be repeated under its key. An exception means unclear."""

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back, or say why not."""
        ...

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Say what became of the refund under ``key``; `Absent` when there is none."""
        ...
