"""Use cases: what banks do of their own accord: take a payment back, give it back, return a refund.

For orders of services and of goods alike. Banks tell late and more than once; each report names a
case or a refund, by which a repeat is known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from ordercore.app._asked import usable_amount, usable_id
from ordercore.app._change import Change, OrderChange, change_order, load
from ordercore.app._permitted import only_for
from ordercore.app._selling import SaleChange, change_sale
from ordercore.domain import processes
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.payments import Chargeback, DisputeWon
from ordercore.domain.processes import ProvisioningTurn, RetailTurn, retail
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import format_instant, instant
from ordercore.ports import Ports

__all__ = ["ReportChargeback", "ReportDisputeWon", "ReportRefundReturned"]


def _taken_at(at: datetime) -> datetime:
    return instant(at, field="taken_at")


def _won_at(at: datetime) -> datetime:
    return instant(at, field="won_at")


def _returned_at(at: datetime) -> datetime:
    return instant(at, field="returned_at")


@frozen(kw_only=True)
class ReportChargeback(OrderChange):
    """Record that the bank took a payment, or a part of it, back. For operators and the system.

    What was taken can no longer be refunded. Goods that are not paid for any more and have not left
    are called off; otherwise an operator is asked what to do.

    Attributes:
        payment: Reference under which the payment is in the ledger: that of its confirmation, or
            the provider's own of a capture.
        reference: The bank's own reference of the case; reported again under it, nothing changes.
        amount: What was taken back, at most what came in.
        taken_at: When, as an aware instant.
        code: Why, as the bank or its network encodes it.
    """

    payment: str = field(validator=usable_id)
    reference: str = field(validator=usable_id)
    amount: Money = field(validator=usable_amount)
    taken_at: datetime = field(converter=_taken_at)
    code: str = field(validator=usable_id)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal: ``not_permitted``, ``amount_not_positive``,
            ``unknown_payment``, ``currency_mismatch``, ``chargeback_exceeds_payment``, or
            ``chargeback_differs`` when the reference stands for another payment or amount.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile, or it is not at the expected
                version.
            IdempotencyKeyReused: the key was used with other content.
        """
        report = Chargeback(
            reference=self.reference,
            payment=self.payment,
            amount=self.amount,
            at=self.taken_at,
            code=self.code,
        )
        content = [self.payment, *_plain(self.reference, self.amount, self.taken_at), self.code]
        return _refused(self, self.amount) or await _change(
            ports,
            self,
            operation="report_chargeback",
            content=content,
            of_services=lambda turn: processes.charged_back(turn, report),
            of_goods=lambda turn: retail.charged_back(turn, report),
        )


@frozen(kw_only=True)
class ReportDisputeWon(OrderChange):
    """Record that what the bank had taken back is here again. For operators and the system.

    It counts as paid again. What the order does not cost any more, such as all of it where the
    order was called off, goes to the customer.

    Attributes:
        reference: The bank's own reference, as it was reported with the chargeback.
        amount: What came, at most what had been taken.
        won_at: When it came, as an aware instant.
    """

    reference: str = field(validator=usable_id)
    amount: Money = field(validator=usable_amount)
    won_at: datetime = field(converter=_won_at)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal: ``not_permitted``, ``amount_not_positive``,
            ``unknown_chargeback``, ``currency_mismatch``, or ``chargeback_differs`` when another
            amount was reported before, or more came than was taken.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile, or it is not at the expected
                version.
            IdempotencyKeyReused: the key was used with other content.
        """
        report = DisputeWon(reference=self.reference, amount=self.amount, at=self.won_at)
        return _refused(self, self.amount) or await _change(
            ports,
            self,
            operation="report_dispute_won",
            content=_plain(self.reference, self.amount, self.won_at),
            of_services=lambda turn: processes.dispute_won(turn, report),
            of_goods=lambda turn: retail.dispute_won(turn, report),
        )


@frozen(kw_only=True)
class ReportRefundReturned(OrderChange):
    """Record that a refund which had arrived came back. For operators and the system.

    The customer's account may have been closed. It is paid once more, as a new refund; where the
    provider refuses that one, an operator is asked to pay it in another way.

    Attributes:
        refund: Key under which the provider was asked for it; it is in the ledger.
        amount: What came back: all of it.
        returned_at: When, as an aware instant.
    """

    refund: str = field(validator=usable_id)
    amount: Money = field(validator=usable_amount)
    returned_at: datetime = field(converter=_returned_at)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it.

        Returns:
            The order, or a refusal: ``not_permitted``, ``amount_not_positive``, ``unknown_refund``
            when none has arrived under that key, or ``refund_differs`` when it was another amount.

        Raises:
            NotFound: there is no such order.
            ConcurrencyConflict: somebody else wrote it meanwhile, or it is not at the expected
                version.
            IdempotencyKeyReused: the key was used with other content.
        """
        came = (self.refund, self.amount, self.returned_at)
        return _refused(self, self.amount) or await _change(
            ports,
            self,
            operation="report_refund_returned",
            content=_plain(*came),
            of_services=lambda turn: processes.refund_returned(turn, *came),
            of_goods=lambda turn: retail.refund_returned(turn, *came),
        )


def _refused(asked: OrderChange, amount: Money) -> Refusal | None:
    refused = only_for(asked.caller, Role.OPERATOR, Role.SYSTEM, what="what a bank did is")
    if refused is None and not amount.is_positive:
        return Refusal(code="amount_not_positive", reason=f"{amount} is nothing to report")
    return refused


def _plain(reference: str, amount: Money, at: datetime) -> list[object]:
    return [reference, amount.amount_minor, amount.currency, format_instant(at)]


async def _change(
    ports: Ports,
    asked: OrderChange,
    *,
    operation: str,
    content: object,
    of_services: Callable[[ProvisioningTurn], Refusal | None],
    of_goods: Callable[[RetailTurn], Refusal | None],
) -> Order | Refusal:
    if (await load(ports, asked.caller, asked.order_id)).order.sale is not None:
        sale = SaleChange(asked=asked, operation=operation, content=content)
        return await change_sale(ports, sale, of_goods)
    change = Change(asked=asked, operation=operation, content=content)
    return await change_order(ports, change, lambda turn, _saga: of_services(turn))
