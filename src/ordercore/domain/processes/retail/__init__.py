"""Retail orders: from the basket to the parcel, its invoice and, if need be, its way back."""

from ordercore.domain.processes.retail.calling_off import call_off
from ordercore.domain.processes.retail.check_out import (
    RETAIL_KIND,
    Basket,
    BasketLine,
    SavedAddress,
    check_out,
    price_changed,
    short_of_stock,
)
from ordercore.domain.processes.retail.disputes import (
    charged_back,
    dispute_won,
    refund_returned,
)
from ordercore.domain.processes.retail.expiring import EXPIRED, hold_ended
from ordercore.domain.processes.retail.fulfilling import BOXES, TRACKING
from ordercore.domain.processes.retail.invoicing import (
    credit_note_of,
    credit_notes_of,
    invoice_of,
)
from ordercore.domain.processes.retail.money import HOLD_ENDS
from ordercore.domain.processes.retail.paying import (
    EXPIRES_AT,
    FOUND,
    REFERENCE,
    open_order,
    retry_payment,
)
from ordercore.domain.processes.retail.repricing import LOWERED, PriceCut, reprice
from ordercore.domain.processes.retail.returning import delivered, send_back, take_cash
from ordercore.domain.processes.retail.rules import Handling, RetailRules
from ordercore.domain.processes.retail.sagas import (
    AUTHORISE,
    CAPTURE,
    CREDIT,
    CREDIT_NOTE,
    HAND_OVER,
    INVOICE,
    LABEL,
    LETTER,
    PACK,
    PAGE_PAYMENT,
    PAYMENT,
    PICK,
    RELEASE,
    RETAIL_FULFILMENT,
    SEND,
    SHIPPING,
)
from ordercore.domain.processes.retail.shipping import SEQ, UNSENT, YEAR, is_overtaken
from ordercore.domain.processes.retail.starting import LETTER_KIND
from ordercore.domain.processes.retail.stock import prolong
from ordercore.domain.processes.retail.timeouts import sweep_reservation
from ordercore.domain.processes.retail.writing_again import resend

__all__ = [
    "AUTHORISE",
    "BOXES",
    "Basket",
    "BasketLine",
    "CAPTURE",
    "CREDIT",
    "CREDIT_NOTE",
    "EXPIRED",
    "EXPIRES_AT",
    "FOUND",
    "HAND_OVER",
    "HOLD_ENDS",
    "Handling",
    "INVOICE",
    "LABEL",
    "LETTER",
    "LETTER_KIND",
    "LOWERED",
    "PACK",
    "PAGE_PAYMENT",
    "PAYMENT",
    "PICK",
    "PriceCut",
    "REFERENCE",
    "RELEASE",
    "RETAIL_FULFILMENT",
    "RETAIL_KIND",
    "RetailRules",
    "SEND",
    "SEQ",
    "SHIPPING",
    "SavedAddress",
    "TRACKING",
    "UNSENT",
    "YEAR",
    "call_off",
    "charged_back",
    "check_out",
    "credit_note_of",
    "credit_notes_of",
    "delivered",
    "dispute_won",
    "hold_ended",
    "invoice_of",
    "is_overtaken",
    "open_order",
    "price_changed",
    "prolong",
    "refund_returned",
    "reprice",
    "resend",
    "retry_payment",
    "send_back",
    "short_of_stock",
    "sweep_reservation",
    "take_cash",
]
