"""The ways to pay for a retail order, and what each means for the order (R2, R3).

A table and nothing else: whoever decides how an order goes on asks for the row of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import frozen

__all__ = ["CaptureTime", "PAYMENT_KINDS", "PaymentKind", "PaymentTerms", "payment_terms"]


class PaymentKind(StrEnum):
    """How a customer pays."""

    CASH_ON_DELIVERY = "cash_on_delivery"
    IN_PERSON = "in_person"
    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    TOKENIZED_CARD = "tokenized_card"
    BANK_TRANSFER = "bank_transfer"
    VOUCHER = "voucher"
    WALLET = "wallet"


class CaptureTime(StrEnum):
    """When the money is taken."""

    AT_PACKING = "at_packing"  # held first, captured by a call of its own
    AT_ONCE = "at_once"  # authorised and captured in one
    ON_DELIVERY = "on_delivery"  # handed over by the customer; no provider is asked
    WHEN_IT_ARRIVES = "when_it_arrives"  # the customer pays on a page, sooner or later


@frozen(kw_only=True)
class PaymentTerms:
    """What a way to pay means.

    Attributes:
        synchronous: A provider is called, and answers while the caller waits.
        page: The customer is sent to a page of the provider; the answer comes later.
        captured: When the money is taken.
        confirmed_at_once: The order is confirmed before any money is seen.
        held_for: How long an authorisation is good where the provider does not say until when,
            counted from the request; None where nothing is held.
    """

    synchronous: bool
    page: bool
    captured: CaptureTime
    confirmed_at_once: bool
    held_for: timedelta | None = None

    @property
    def by_gateway(self) -> bool:
        """True where a payment provider has to be asked."""
        return self.synchronous or self.page

    @property
    def sale(self) -> bool:
        """True where an authorisation is at the same time the capture of all of it."""
        return self.captured in (CaptureTime.AT_ONCE, CaptureTime.WHEN_IT_ARRIVES)


_CASH = PaymentTerms(
    synchronous=False, page=False, captured=CaptureTime.ON_DELIVERY, confirmed_at_once=True
)
_HELD = PaymentTerms(
    synchronous=True,
    page=False,
    captured=CaptureTime.AT_PACKING,
    confirmed_at_once=False,
    held_for=timedelta(days=7),
)
_DEBIT = PaymentTerms(
    synchronous=True, page=False, captured=CaptureTime.AT_ONCE, confirmed_at_once=False
)
_PAGE = PaymentTerms(
    synchronous=False, page=True, captured=CaptureTime.WHEN_IT_ARRIVES, confirmed_at_once=False
)

PAYMENT_KINDS: Final[Mapping[PaymentKind, PaymentTerms]] = MappingProxyType(
    {
        PaymentKind.CASH_ON_DELIVERY: _CASH,
        PaymentKind.IN_PERSON: _CASH,
        PaymentKind.CREDIT_CARD: _HELD,
        PaymentKind.DEBIT_CARD: _DEBIT,
        PaymentKind.TOKENIZED_CARD: _HELD,
        PaymentKind.BANK_TRANSFER: _PAGE,
        PaymentKind.VOUCHER: _PAGE,
        PaymentKind.WALLET: _PAGE,
    }
)
"""The terms of every kind."""


def payment_terms(kind: PaymentKind) -> PaymentTerms:
    """Return what ``kind`` means.

    >>> payment_terms(PaymentKind.DEBIT_CARD).sale
    True
    """
    return PAYMENT_KINDS[kind]
