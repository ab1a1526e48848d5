"""May money be asked for, and what came of it: the attempts to pay for an order.

An attempt is recorded before the provider is called, for exactly the price of the order. While the
outcome of one is unknown there is no other (R2), so a lost answer can never charge a customer
twice. What was found out is recorded once, however often and by whichever way it is reported.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from ordercore.domain.payments.attempts import Attempt, AttemptState, granted, known_attempt
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.ledger import balance
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal

__all__ = [
    "record_authorised",
    "record_declined",
    "record_lapsed",
    "request_authorisation",
    "surplus_attempts",
]


def request_authorisation(
    entries: tuple[LedgerEntry, ...], *, amount: Money, price: Money, key: str, at: datetime
) -> LedgerEntry | Refusal | None:
    """Return the entry of a new attempt.

    Args:
        entries: The ledger so far.
        amount: What is to be asked for.
        price: What the order costs.
        key: Idempotency key of the attempt.
        at: When it is made.

    Returns:
        The entry; None when this very attempt was recorded before; a refusal ``amount_differs``,
        ``attempt_open`` while the outcome of another is unknown, ``paid_already`` when money is
        held or has come in, ``key_reused`` when the key stands for something else.
    """
    same = [entry for entry in entries if entry.key == key]
    if same:
        known = same[0].kind is EntryKind.AUTHORISATION_REQUESTED and same[0].amount == amount
        return None if known else _reused(key, same[0])
    if amount != price or not amount.is_positive:
        return Refusal(
            code="amount_differs",
            reason=f"{amount} was to be charged for an order that costs {price}",
        )
    sums = balance(entries, currency=price.currency)
    if sums.open_attempt is not None:
        return Refusal(
            code="attempt_open",
            reason=f"the outcome of attempt {sums.open_attempt.key!r} is not known yet",
        )
    here = sums.refundable + Money.total((a.held for a in sums.attempts), currency=price.currency)
    if here.is_positive:
        return Refusal(code="paid_already", reason=f"{here} is held or has been paid already")
    return LedgerEntry(kind=EntryKind.AUTHORISATION_REQUESTED, amount=amount, key=key, at=at)


def record_authorised(
    entries: tuple[LedgerEntry, ...],
    *,
    key: str,
    at: datetime,
    reference: str = "",
    sale: bool = False,
    until: datetime | None = None,
) -> tuple[LedgerEntry, ...] | Refusal | None:
    """Return the entries of an authorisation that was granted, however late it is known.

    Args:
        entries: The ledger so far.
        key: Key of the attempt.
        at: When it was granted.
        reference: The provider's own reference.
        sale: The money is taken as well, see `PaymentTerms.sale`; the capture has the attempt's
            key.
        until: When the provider stops to hold it; of no meaning for a sale.

    Returns:
        One entry, or two for a sale; None when it is recorded already; a refusal
        ``unknown_attempt``, or ``authorisation_differs`` for a second one under the same key.
    """
    attempt = known_attempt(entries, key)
    if isinstance(attempt, Refusal):
        return attempt
    if attempt.authorised.is_positive:
        if reference and attempt.reference and reference != attempt.reference:
            return Refusal(
                code="authorisation_differs",
                reason=f"attempt {key!r} was granted as {attempt.reference!r}, not {reference!r}",
            )
        return None
    held = LedgerEntry(
        kind=EntryKind.AUTHORISED, amount=attempt.requested, key=key, at=at, reference=reference
    )
    if not sale:
        return (evolve(held, until=until),)
    return (held, evolve(held, kind=EntryKind.CAPTURED, source=key))


def record_declined(
    entries: tuple[LedgerEntry, ...], *, key: str, code: str, at: datetime, note: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry of an attempt the provider refused.

    Args:
        entries: The ledger so far.
        key: Key of the attempt.
        code: Why, see `PaymentFailure`.
        at: When.
        note: Why, for a person.

    Returns:
        The entry; None when the attempt has come to an end already; a refusal ``unknown_attempt``,
        or ``attempt_authorised`` when it had been granted, which a decline cannot undo.
    """
    attempt = known_attempt(entries, key)
    if isinstance(attempt, Refusal):
        return attempt
    if attempt.authorised.is_positive:
        return Refusal(
            code="attempt_authorised",
            reason=f"attempt {key!r} was granted {attempt.authorised} before it was declined",
        )
    if attempt.state is not AttemptState.OPEN:
        return None
    return LedgerEntry(
        kind=EntryKind.DECLINED, amount=attempt.requested, key=key, at=at, note=note, code=code
    )


def record_lapsed(
    entries: tuple[LedgerEntry, ...], *, key: str, at: datetime, note: str = "", code: str = ""
) -> LedgerEntry | Refusal | None:
    """Return the entry of an attempt given up, or of an authorisation that is no longer good.

    Args:
        entries: The ledger so far.
        key: Key of the attempt.
        at: When.
        note: Why, for a person.
        code: Why, see `PaymentFailure`; empty where it was given up.

    Returns:
        The entry, with what was not captured; None when nothing is left to lapse; a refusal
        ``unknown_attempt``, or ``capture_open`` while the outcome of a capture is unknown.
    """
    attempt = known_attempt(entries, key)
    if isinstance(attempt, Refusal):
        return attempt
    if attempt.captures:
        return Refusal(
            code="capture_open",
            reason=f"the outcome of capture {attempt.captures[0].key!r} is not known yet",
        )
    left = attempt.held if attempt.authorised.is_positive else attempt.requested
    live = attempt.state in (AttemptState.OPEN, AttemptState.AUTHORISED)
    if not live or left.is_zero:
        return None
    return LedgerEntry(kind=EntryKind.LAPSED, amount=left, key=key, at=at, note=note, code=code)


def surplus_attempts(entries: tuple[LedgerEntry, ...]) -> tuple[Attempt, ...]:
    """Return the granted attempts beside the first: money held or taken that the order cannot use.

    There are some only when one that had been given up turns out to have been granted after all.
    What is held of them is to be voided, what was captured of them to be refunded.
    """
    return tuple(found for found in granted(entries) if found.authorised > found.released)[1:]


def _reused(key: str, entry: LedgerEntry) -> Refusal:
    return Refusal(
        code="key_reused", reason=f"{key!r} stands for {entry.kind} of {entry.amount} already"
    )
