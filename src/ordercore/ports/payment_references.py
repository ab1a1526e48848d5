"""Which order a payment pays: a reference is given to one order of a tenant, for good."""

from __future__ import annotations

from attrs import frozen

from ordercore.kernel.ids import OrderId

__all__ = ["PaymentReference"]


@frozen(kw_only=True)
class PaymentReference:
    """A payment as it was reported from outside, and the order it pays.

    Attributes:
        kind: Whose references they are: the way to pay of an order of goods, otherwise the kind of
            order. Two kinds may use the same reference for two payments.
        reference: What the provider, or whoever took the cash, calls the payment.
        order_id: The order.
    """

    kind: str
    reference: str
    order_id: OrderId
