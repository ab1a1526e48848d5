"""The bank takes a payment back, and may have to give it back again: one entry for each.

A chargeback is not asked for and cannot be refused; all there is to judge is whether it can be
about this order. It names a payment of the ledger, and never takes more of it than came in. That
its money may have gone back before is no objection: then it is gone twice, and the balance says so.
The bank's own reference tells reports apart: the same with the same amount is the same report, with
another amount it is an error.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.holdings import arrived, taken_by_bank
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["Chargeback", "DisputeWon", "record_chargeback", "record_dispute_won"]


@frozen(kw_only=True)
class Chargeback:
    """A payment, or a part of it, that the bank has taken back.

    Attributes:
        reference: The bank's own reference of the case.
        payment: Reference under which the payment is in the ledger.
        amount: What was taken.
        at: When.
        code: Why, as the bank or its network encodes it.
    """

    reference: str
    payment: str
    amount: Money
    at: datetime
    code: str


@frozen(kw_only=True)
class DisputeWon:
    """What a bank had taken back is here again: all of it, or what it was found to be.

    Attributes:
        reference: The bank's own reference of the case.
        amount: What came.
        at: When.
    """

    reference: str
    amount: Money
    at: datetime


def record_chargeback(
    entries: tuple[LedgerEntry, ...], report: Chargeback
) -> LedgerEntry | Refusal | None:
    """Return the entry of money that the bank has taken back.

    Returns:
        The entry; None when this very report is in the ledger; a refusal ``chargeback_differs``
        when its reference stands for another payment or amount, ``unknown_payment``,
        ``currency_mismatch``, or ``chargeback_exceeds_payment``.
    """
    known = _entry(entries, EntryKind.CHARGED_BACK, report.reference)
    if known is not None:
        if (known.source, known.amount) == (report.payment, report.amount):
            return None
        return _differs(known, report.amount)
    came = arrived(entries).get(report.payment)
    if came is None:
        return Refusal(
            code="unknown_payment", reason=f"the order has no payment {report.payment!r}"
        )
    if came.currency != report.amount.currency:
        return _another_currency(came, report.amount)
    left = came - taken_by_bank(entries).get(report.payment, Money.zero(came.currency))
    if report.amount > left:
        return Refusal(
            code="chargeback_exceeds_payment",
            reason=f"{report.amount} was taken back of a payment of which {left} was here",
        )
    return LedgerEntry(
        kind=EntryKind.CHARGED_BACK,
        amount=report.amount,
        key=report.reference,
        at=report.at,
        source=report.payment,
        code=report.code,
    )


def record_dispute_won(
    entries: tuple[LedgerEntry, ...], report: DisputeWon
) -> LedgerEntry | Refusal | None:
    """Return the entry of money that the bank had taken back and that is here again.

    Returns:
        The entry; None when this very report is in the ledger; a refusal ``unknown_chargeback``,
        ``chargeback_differs`` when another amount is in the ledger already or more came than was
        taken, or ``currency_mismatch``.
    """
    taken = _entry(entries, EntryKind.CHARGED_BACK, report.reference)
    if taken is None:
        return Refusal(
            code="unknown_chargeback",
            reason=f"nothing was taken back under {report.reference!r}",
        )
    if taken.amount.currency != report.amount.currency:
        return _another_currency(taken.amount, report.amount)
    known = _entry(entries, EntryKind.WON_BACK, report.reference)
    if known is not None:
        return None if known.amount == report.amount else _differs(known, report.amount)
    if report.amount > taken.amount:
        return _differs(taken, report.amount)
    return LedgerEntry(
        kind=EntryKind.WON_BACK,
        amount=report.amount,
        key=report.reference,
        at=report.at,
        source=taken.source,
    )


def _entry(entries: tuple[LedgerEntry, ...], kind: EntryKind, key: str) -> LedgerEntry | None:
    return next((entry for entry in entries if entry.kind is kind and entry.key == key), None)


def _differs(known: LedgerEntry, amount: Money) -> Refusal:
    return Refusal(
        code="chargeback_differs",
        reason=f"{known.key!r} stands for {known.amount} of {known.source!r}, not for {amount}",
    )


def _another_currency(known: Money, amount: Money) -> Refusal:
    return Refusal(code="currency_mismatch", reason=f"{amount} was reported on {known}")
