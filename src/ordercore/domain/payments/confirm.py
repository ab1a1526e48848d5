"""Record a payment: what an amount from outside means for the order's ledger.

Within the tolerance our price is charged: a small underpayment is written off, a small excess goes
back. Beyond it the payment is refused with both amounts. The same reference with the same amount is
the same payment reported twice; with another amount it is an error.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.holdings import holdings, payment_name, taken_by_bank
from ordercore.domain.payments.ledger import balance
from ordercore.domain.payments.refund import request_refund
from ordercore.domain.pricing.quote import Tolerance, compare_amounts
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = ["Payment", "confirm_payment", "return_payment", "reverse_payment", "seen_before"]


@frozen(kw_only=True)
class Payment:
    """A payment as the outside world reports it.

    Attributes:
        reference: The provider's own reference, unique per payment.
        amount: What arrived.
        at: When it arrived.
    """

    reference: str
    amount: Money
    at: datetime


def seen_before(entries: tuple[LedgerEntry, ...], payment: Payment) -> bool | Refusal:
    """Return whether this payment is in the ledger and still stands.

    A confirmation that an operator reversed no longer stands; it may be confirmed anew, with the
    amount it had, unless the bank has taken it back: the refusal is ``payment_charged_back``.
    """
    matching = [entry for entry in entries if entry.key == payment.reference]
    confirmed = [entry for entry in matching if entry.kind is EntryKind.CONFIRMED]
    if confirmed and confirmed[0].amount != payment.amount:
        return Refusal(
            code="payment_reference_reused",
            reason=(
                f"payment {payment.reference!r} was recorded with {confirmed[0].amount}, "
                f"not {payment.amount}"
            ),
        )
    stands = len(confirmed) > sum(entry.kind is EntryKind.REVERSED for entry in matching)
    taken = taken_by_bank(entries).get(payment.reference)
    if not stands and taken is not None and taken.is_positive:
        return Refusal(
            code="payment_charged_back",
            reason=f"the bank has taken {taken} of payment {payment.reference!r} back",
        )
    return stands


def confirm_payment(
    entries: tuple[LedgerEntry, ...],
    *,
    price: Money,
    payment: Payment,
    tolerance: Tolerance,
    refund_key: str,
) -> tuple[LedgerEntry, ...] | Refusal:
    """Return the entries of a payment for an order that waits for it.

    Args:
        entries: The ledger so far.
        price: What the order costs.
        payment: What arrived.
        tolerance: How far the two may lie apart.
        refund_key: Key under which an excess would go back.
    """
    verdict = compare_amounts(ours=price, theirs=payment.amount, tolerance=tolerance)
    if isinstance(verdict, Refusal):
        return verdict
    here = _here(entries, payment)
    entry = _entry(EntryKind.CONFIRMED, here, payment, _compared_at(tolerance))
    difference = here - price
    if difference.is_zero:
        return (entry,)
    if difference.is_negative:
        written = _entry(EntryKind.WRITTEN_OFF, abs(difference), payment, "underpaid, let go")
        return (entry, written)
    excess = request_refund(
        (*entries, entry),
        amount=difference,
        key=refund_key,
        at=payment.at,
        note="overpaid",
    )
    return (entry, excess) if isinstance(excess, LedgerEntry) else (entry,)


def return_payment(
    entries: tuple[LedgerEntry, ...], payment: Payment, *, why: str, refund_key: str
) -> tuple[LedgerEntry, ...]:
    """Return the entries of money that arrived too late and goes straight back."""
    here = _here(entries, payment)
    entry = _entry(EntryKind.CONFIRMED, here, payment, why)
    back = request_refund(
        (*entries, entry),
        amount=here,
        key=refund_key,
        at=payment.at,
        note=why,
    )
    return (entry, back) if isinstance(back, LedgerEntry) else (entry,)


def reverse_payment(
    entries: tuple[LedgerEntry, ...], *, currency: str, at: datetime, why: str
) -> LedgerEntry | Refusal:
    """Return the entry that takes the standing confirmation back; it moves no money."""
    confirmed = [entry for entry in entries if entry.kind is EntryKind.CONFIRMED]
    standing = balance(entries, currency=currency).refundable - _captured(entries, currency)
    if not confirmed or standing.is_zero:
        return Refusal(code="nothing_to_revert", reason="no confirmed payment stands")
    return LedgerEntry(
        kind=EntryKind.REVERSED, amount=standing, key=confirmed[-1].key, at=at, note=why
    )


def _captured(entries: tuple[LedgerEntry, ...], currency: str) -> Money:
    """Return what is left of captures: no operator takes those back, a provider has them."""
    captured = {payment_name(e) for e in entries if e.kind is EntryKind.CAPTURED}
    held = holdings(entries)
    return Money.total((held[name] for name in captured), currency=currency)


def _here(entries: tuple[LedgerEntry, ...], payment: Payment) -> Money:
    """Return what of a payment does not count yet: all of it, or what a reversal took back.

    A reversal leaves out what had been asked back before; confirmed anew, that is not here either.
    """
    counted = Money.zero(payment.amount.currency)
    for entry in entries:
        if entry.key == payment.reference and entry.kind is EntryKind.CONFIRMED:
            counted += entry.amount
        elif entry.key == payment.reference and entry.kind is EntryKind.REVERSED:
            counted -= entry.amount
    # A reversal goes by the newest payment, and may have taken others along; those stay out.
    return min(payment.amount, payment.amount - counted)


def _compared_at(tolerance: Tolerance) -> str:
    rate = tolerance.rate
    return f"tolerance at {rate.base}/{rate.quote} {rate.value} ({rate.source})" if rate else ""


def _entry(kind: EntryKind, amount: Money, payment: Payment, note: str) -> LedgerEntry:
    return LedgerEntry(kind=kind, amount=amount, key=payment.reference, at=payment.at, note=note)
