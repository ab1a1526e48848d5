"""What a ledger is made of: entries that are added and never changed.

One order may be paid in two ways. Money that simply arrives is ``confirmed``. Money that a provider
holds first is asked for, authorised and then captured, in one or several parts; each of these calls
is written down before it is made, so a call whose answer is lost stays visible until its outcome is
known, and what it may have taken is not offered twice.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from ordercore.kernel.ids import ItemId
from ordercore.kernel.money import Money

__all__ = ["EntryKind", "LedgerEntry"]


class EntryKind(StrEnum):
    """What an entry says about the money."""

    CONFIRMED = "confirmed"  # money arrived
    WRITTEN_OFF = "written_off"  # an underpayment within the tolerance, let go; moves no money
    REVERSED = "reversed"  # an operator took a confirmation back; moves no money
    REFUND_REQUESTED = "refund_requested"  # money is to go back; reserved from now on
    REFUNDED = "refunded"  # a requested refund has arrived
    REFUND_RETURNED = "refund_returned"  # it came back after all; the money is here again
    AUTHORISATION_REQUESTED = "authorisation_requested"  # an attempt; its outcome is not known yet
    AUTHORISED = "authorised"  # the provider holds the money for us
    DECLINED = "declined"  # the provider refused an authorisation, a capture or a void
    LAPSED = "lapsed"  # given up, expired, or let go by the provider; what was not captured is free
    CAPTURE_REQUESTED = "capture_requested"  # held money is to be taken; reserved from now on
    CAPTURED = "captured"  # money arrived
    VOID_REQUESTED = "void_requested"  # held money is to be let go; not to be captured from now on
    VOIDED = "voided"  # held money was let go
    CHARGED_BACK = "charged_back"  # the bank took a payment, or a part of it, back
    WON_BACK = "won_back"  # what the bank had taken back is here again


@frozen(kw_only=True)
class LedgerEntry:
    """One entry.

    Attributes:
        amount: Never negative; the kind tells the direction.
        key: Payment reference of a confirmation or reversal, the bank's own reference of what it
            took back, otherwise the idempotency key of the call the entry is about.
        items: The items a refund or capture is for; empty when it is for the order as a whole.
        source: What the entry is taken out of. For a refund or chargeback: reference of the
            payment. For a capture or void: key of the attempt whose authorisation it uses.
        note: Why, for a person.
        reference: The provider's own reference of an authorisation or capture, where it gave one.
        code: Of a decline or a lapse: why, see `ordercore.domain.payments.PaymentFailure`. Of a
            chargeback: why, in the bank's own code.
        until: Of an authorisation: until when the money is held; None where it is taken at once,
            and in entries older than this field.
    """

    kind: EntryKind
    amount: Money
    key: str
    at: datetime
    items: tuple[ItemId, ...] = ()
    source: str = ""
    note: str = ""
    reference: str = ""
    code: str = ""
    until: datetime | None = None
