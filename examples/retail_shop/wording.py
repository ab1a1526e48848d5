"""The shop's words for what ordercore calls states, events and ways to pay."""

from __future__ import annotations

from ordercore.domain.payments import PaymentKind

__all__ = ["EVENTS", "PAYMENTS", "STATES", "TEST_TOKENS"]

PAYMENTS: dict[str, str] = {
    PaymentKind.CREDIT_CARD: "Credit card",
    PaymentKind.DEBIT_CARD: "Debit card",
    PaymentKind.TOKENIZED_CARD: "Saved card",
    PaymentKind.WALLET: "Wallet",
    PaymentKind.BANK_TRANSFER: "Bank transfer",
    PaymentKind.VOUCHER: "Voucher",
    PaymentKind.CASH_ON_DELIVERY: "Cash on delivery",
    PaymentKind.IN_PERSON: "In person",
}
"""Every way to pay, in the order in which they are offered."""

TEST_TOKENS: dict[str, str] = {
    "tok-test-card": "pays",
    "tok-insufficient-funds": "is declined: not enough money",
    "tok-invalid-details": "is declined: wrong details",
    "tok-declined": "is declined by the bank",
}
"""Tokens of the simulated provider, and what it does with each."""

STATES: dict[str, str] = {
    "created": "Created",
    "awaiting_payment": "Waiting for payment",
    "payment_failed": "Payment failed",
    "payment_expired": "Payment expired",
    "confirmed": "Confirmed",
    "in_fulfilment": "Being packed",
    "ready": "Ready to leave",
    "shipped": "On its way",
    "delivered": "Delivered",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "returned": "Sent back",
}

EVENTS: dict[str, str] = {
    "order.created": "Order received",
    "order.awaiting-payment": "Waiting for payment",
    "order.confirmed": "Order confirmed",
    "order.payment-failed": "Payment failed",
    "order.payment-expired": "Payment expired",
    "order.payment-retried": "Payment tried again",
    "order.fulfilment-started": "Being packed",
    "order.ready": "Ready to leave",
    "order.shipped": "Handed to the carrier",
    "order.delivered": "Delivered",
    "order.completed": "Completed",
    "order.cancelled": "Cancelled",
    "order.returned": "Sent back",
    "order.stock-reserved": "Goods reserved for you",
    "order.stock-released": "Reservation ended",
    "order.stock-left": "Goods left the warehouse",
    "order.stock-returned": "Goods back on the shelf",
    "order.delivery-estimated": "Delivery date worked out",
    "order.parcel-packed": "Parcel packed",
    "order.parcel-labelled": "Shipping label printed",
    "order.letter-requested": "E-mail asked for again",
    "order.letter-sent": "E-mail sent to you",
    "order.item-picked": "Line picked",
    "order.item-cancelled": "Line cannot be had",
    "payment.requested": "Payment requested",
    "payment.authorized": "Payment authorised",
    "payment.declined": "Payment declined",
    "payment.lapsed": "Payment came to nothing",
    "payment.capture-requested": "Money asked for",
    "payment.captured": "Money received",
    "payment.void-requested": "Money let go",
    "payment.voided": "Money let go",
    "payment.void-declined": "Money could not be let go",
    "payment.capture-declined": "Money could not be had",
    "payment.cash-received": "Cash received",
    "billing.refund-requested": "Refund started",
    "billing.refund-settled": "Refund made",
    "invoice.created": "Invoice issued",
    "invoice.credited": "Credit note issued",
}
"""What is shown for the events of an order; one that is not here is shown by its name."""
