"""The banks of customers: they take payments back, give them back, and return refunds.

Nobody asks them to and nobody can stop them. They keep books, and never take more of a payment than
it was; whether its money had gone back before is not their business.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.testing.dispute_laws import BankBook

__all__ = ["Case", "Issuer"]


@frozen(kw_only=True)
class Case:
    """Money that was taken back.

    Attributes:
        reference: The bank's own.
        payment: Which payment it was taken of, by the name it has in the ledger.
    """

    reference: str
    payment: str
    amount: Money


@define
class Issuer:
    """Every bank there is.

    Attributes:
        cases: What was taken back, by order.
        won: What came back of it, by reference of the case.
        returned: Refunds that came back to us, by order and key.
    """

    cases: dict[OrderId, list[Case]] = field(factory=dict)
    won: dict[str, Money] = field(factory=dict)
    returned: dict[OrderId, dict[str, Money]] = field(factory=dict)

    def take(
        self, order_id: OrderId, payments: dict[str, Money], *, reference: str, permille: int
    ) -> Case | None:
        """Take a part of the newest payment of which something is left; None if there is none.

        What was given back is not taken again: told in another order than it happened, a later case
        would stand in the way of an earlier one.
        """
        cases = self.cases.setdefault(order_id, [])
        for name, came in reversed(payments.items()):
            gone = [case.amount for case in cases if case.payment == name]
            left = came - Money.total(gone, currency=came.currency)
            if left.is_positive:
                minor = max(left.amount_minor * permille // 1000, 1)
                cases.append(
                    Case(reference=reference, payment=name, amount=Money(minor, came.currency))
                )
                return cases[-1]
        return None

    def give_back(self, case: Case, *, permille: int) -> Money:
        """Give back a part of what was taken; the case is closed with it. Return how much."""
        minor = max(case.amount.amount_minor * permille // 1000, 1)
        self.won[case.reference] = Money(minor, case.amount.currency)
        return self.won[case.reference]

    def return_refund(
        self, order_id: OrderId, arrived: Mapping[str, Money]
    ) -> tuple[str, Money] | None:
        """Return the first of the refunds that have arrived and stayed; None if there is none."""
        returned = self.returned.setdefault(order_id, {})
        for key, amount in arrived.items():
            if key not in returned:
                returned[key] = amount
                return key, amount
        return None

    def book_of(self, order_id: OrderId) -> BankBook:
        """Return all that was done about an order."""
        cases = self.cases.get(order_id, ())
        returned = self.returned.get(order_id, {})
        return BankBook(
            taken={case.reference: (case.payment, case.amount.amount_minor) for case in cases},
            won={
                case.reference: self.won[case.reference].amount_minor
                for case in cases
                if case.reference in self.won
            },
            returned={key: amount.amount_minor for key, amount in returned.items()},
        )
