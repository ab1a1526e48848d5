"""Money promised and moved: the ledger of an order and the decisions about it."""

from ordercore.domain.payments.confirm import (
    Payment,
    confirm_payment,
    return_payment,
    reverse_payment,
    seen_before,
)
from ordercore.domain.payments.ledger import Balance, EntryKind, LedgerEntry, balance
from ordercore.domain.payments.refund import item_shares, request_refund, settle_refund
from ordercore.domain.payments.withdrawal import WITHDRAWAL_PERIOD, unused_share

__all__ = [
    "Balance",
    "EntryKind",
    "LedgerEntry",
    "Payment",
    "WITHDRAWAL_PERIOD",
    "balance",
    "confirm_payment",
    "item_shares",
    "request_refund",
    "return_payment",
    "reverse_payment",
    "seen_before",
    "settle_refund",
    "unused_share",
]
