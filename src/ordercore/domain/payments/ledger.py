"""Money of one order as a ledger: entries are added, never changed, and every balance is a fold.

The balances follow P5 and R3: refundable = confirmed + captured - reversed - refund requested. A
refund reserves its amount when it is requested, before any call is made, so two refunds can never
both pass the check; so does a capture, of what was authorised. What a bank takes back is not there
to be refunded either; where it takes what had gone back before, that is told apart, since no sum of
what is left could fall below nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from ordercore.domain.payments.attempts import Attempt, AttemptState, attempts
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.domain.payments.holdings import missing, taken_by_bank
from ordercore.kernel.money import Money

__all__ = ["Balance", "balance"]


@frozen(kw_only=True)
class Balance:
    """Every sum of a ledger, in one currency.

    Attributes:
        refund_requested: What was asked back, less what came back after it had arrived.
        refunded: What of that has arrived, and stayed there.
        charged_back: What the bank has taken back, less what it gave back after a dispute.
        gone_twice: What of that had been asked back before, so that it is gone twice.
        attempts: The attempts to have money held, oldest first.
    """

    confirmed: Money
    written_off: Money
    reversed: Money
    refund_requested: Money
    refunded: Money
    charged_back: Money
    gone_twice: Money
    attempts: tuple[Attempt, ...] = ()

    @property
    def refundable(self) -> Money:
        """Return what came in and is not reversed, asked back or taken back by the bank."""
        came = self.confirmed + self.captured
        return came - self.reversed - self.refund_requested - self.missing

    @property
    def missing(self) -> Money:
        """Return charged back - gone twice: what the bank took of what had not been asked back."""
        return self.charged_back - self.gone_twice

    @property
    def outstanding(self) -> Money:
        """Return what has been requested back and has not arrived."""
        return self.refund_requested - self.refunded

    @property
    def authorised(self) -> Money:
        """Return what was granted and neither voided nor lapsed, captured or not."""
        return self._of_attempts([found.authorised - found.released for found in self.attempts])

    @property
    def captured(self) -> Money:
        """Return what was taken of it."""
        return self._of_attempts([found.captured for found in self.attempts])

    @property
    def capturable(self) -> Money:
        """Return what can be captured now."""
        return self._of_attempts([found.capturable for found in self.attempts])

    @property
    def open_attempt(self) -> Attempt | None:
        """Return the attempt whose outcome is unknown; None when there is none."""
        return next((a for a in self.attempts if a.state is AttemptState.OPEN), None)

    def _of_attempts(self, amounts: list[Money]) -> Money:
        return Money.total(amounts, currency=self.confirmed.currency)


def balance(entries: Iterable[LedgerEntry], *, currency: str) -> Balance:
    """Return the sums over ``entries``.

    Raises:
        CurrencyMismatch: when an entry is in another currency.
    """
    entries = tuple(entries)
    sums = dict.fromkeys(EntryKind, Money.zero(currency))
    for entry in entries:
        sums[entry.kind] = sums[entry.kind] + entry.amount
    tries = attempts(entries)
    taken = _total(taken_by_bank(entries), currency)
    came = sums[EntryKind.CONFIRMED] + Money.total((a.captured for a in tries), currency=currency)
    asked = sums[EntryKind.REFUND_REQUESTED] - sums[EntryKind.REFUND_RETURNED]
    left = came - sums[EntryKind.REVERSED] - asked
    # Refunds may have been asked of another payment than the one that holds what they give back.
    lost = min(_total(missing(entries), currency), max(left, Money.zero(currency)))
    return Balance(
        confirmed=sums[EntryKind.CONFIRMED],
        written_off=sums[EntryKind.WRITTEN_OFF],
        reversed=sums[EntryKind.REVERSED],
        refund_requested=asked,
        refunded=sums[EntryKind.REFUNDED] - sums[EntryKind.REFUND_RETURNED],
        charged_back=taken,
        gone_twice=taken - lost,
        attempts=tries,
    )


def _total(by_payment: Mapping[str, Money], currency: str) -> Money:
    return Money.total(by_payment.values(), currency=currency)
