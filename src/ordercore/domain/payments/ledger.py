"""Money of one order as a ledger: entries are added, never changed, and every balance is a fold.

The balances follow P5 and R3: refundable = confirmed + captured - reversed - refund requested. A
refund reserves its amount when it is requested, before any call is made, so two refunds can never
both pass the check; so does a capture, of what was authorised.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ordercore.domain.payments.attempts import Attempt, AttemptState, attempts
from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.money import Money

__all__ = ["Balance", "balance"]


@frozen(kw_only=True)
class Balance:
    """Every sum of a ledger, in one currency.

    Attributes:
        attempts: The attempts to have money held, oldest first.
    """

    confirmed: Money
    written_off: Money
    reversed: Money
    refund_requested: Money
    refunded: Money
    attempts: tuple[Attempt, ...] = ()

    @property
    def refundable(self) -> Money:
        """Return confirmed + captured - reversed - refund requested: what could still go back."""
        return self.confirmed + self.captured - self.reversed - self.refund_requested

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
    return Balance(
        confirmed=sums[EntryKind.CONFIRMED],
        written_off=sums[EntryKind.WRITTEN_OFF],
        reversed=sums[EntryKind.REVERSED],
        refund_requested=sums[EntryKind.REFUND_REQUESTED],
        refunded=sums[EntryKind.REFUNDED],
        attempts=attempts(entries),
    )
