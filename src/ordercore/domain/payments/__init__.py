"""Money promised and moved: the ledger of an order and the decisions about it."""

from ordercore.domain.payments.confirm import (
    Payment,
    confirm_payment,
    return_payment,
    reverse_payment,
    seen_before,
)
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.failures import FAILURE_CLASSES, FailureClass, PaymentFailure
from ordercore.domain.payments.kinds import (
    PAYMENT_KINDS,
    CaptureTime,
    PaymentKind,
    PaymentTerms,
    payment_terms,
)
from ordercore.domain.payments.ledger import Balance, balance
from ordercore.domain.payments.refund import item_shares, request_refund, settle_refund
from ordercore.domain.payments.token import PaymentToken
from ordercore.domain.payments.withdrawal import WITHDRAWAL_PERIOD, unused_share

__all__ = [
    "Balance",
    "CaptureTime",
    "EntryKind",
    "FAILURE_CLASSES",
    "FailureClass",
    "LedgerEntry",
    "PAYMENT_KINDS",
    "Payment",
    "PaymentFailure",
    "PaymentKind",
    "PaymentTerms",
    "PaymentToken",
    "WITHDRAWAL_PERIOD",
    "balance",
    "confirm_payment",
    "item_shares",
    "payment_terms",
    "request_refund",
    "return_payment",
    "reverse_payment",
    "seen_before",
    "settle_refund",
    "unused_share",
]
