"""Money promised and moved: the ledger of an order and the decisions about it."""

from ordercore.domain.payments.attempts import Attempt, AttemptState, attempts
from ordercore.domain.payments.authorise import (
    record_authorised,
    record_declined,
    record_lapsed,
    request_authorisation,
    surplus_attempts,
)
from ordercore.domain.payments.capture import (
    record_capture_declined,
    record_captured,
    request_capture,
)
from ordercore.domain.payments.chargeback import (
    Chargeback,
    DisputeWon,
    record_chargeback,
    record_dispute_won,
)
from ordercore.domain.payments.confirm import (
    Payment,
    confirm_payment,
    return_payment,
    reverse_payment,
    seen_before,
)
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.expiry import held_until, record_expired
from ordercore.domain.payments.failures import FAILURE_CLASSES, FailureClass, PaymentFailure
from ordercore.domain.payments.holdings import arrived, holdings, taken_by_bank
from ordercore.domain.payments.kinds import (
    PAYMENT_KINDS,
    CaptureTime,
    PaymentKind,
    PaymentTerms,
    payment_terms,
)
from ordercore.domain.payments.ledger import Balance, balance
from ordercore.domain.payments.refund import (
    item_shares,
    record_refund_returned,
    request_refund,
    request_refunds,
    settle_refund,
)
from ordercore.domain.payments.token import PaymentToken
from ordercore.domain.payments.void import record_void_declined, record_voided, request_void
from ordercore.domain.payments.withdrawal import WITHDRAWAL_PERIOD, unused_share

__all__ = [
    "Attempt",
    "AttemptState",
    "Balance",
    "CaptureTime",
    "Chargeback",
    "DisputeWon",
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
    "arrived",
    "attempts",
    "balance",
    "confirm_payment",
    "held_until",
    "holdings",
    "item_shares",
    "payment_terms",
    "record_authorised",
    "record_capture_declined",
    "record_captured",
    "record_chargeback",
    "record_declined",
    "record_dispute_won",
    "record_expired",
    "record_lapsed",
    "record_refund_returned",
    "record_void_declined",
    "record_voided",
    "request_authorisation",
    "request_capture",
    "request_refund",
    "request_refunds",
    "request_void",
    "return_payment",
    "reverse_payment",
    "seen_before",
    "settle_refund",
    "surplus_attempts",
    "taken_by_bank",
    "unused_share",
]
