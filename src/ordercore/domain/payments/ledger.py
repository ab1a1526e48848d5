"""Money of one order as a ledger: entries are added, never changed, and every balance is a fold.

The balances follow P5: refundable = confirmed - reversed - refund requested. A refund reserves its
amount when it is requested, before any call is made, so two refunds can never both pass the check.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ordercore.domain.payments.entries import EntryKind, LedgerEntry
from ordercore.kernel.money import Money

__all__ = ["Balance", "balance"]


@frozen(kw_only=True)
class Balance:
    """Every sum of a ledger, in one currency.

    Attributes:
        refundable: What could still be given back.
        outstanding: Refunds requested that have not arrived yet.
    """

    confirmed: Money
    written_off: Money
    reversed: Money
    refund_requested: Money
    refunded: Money

    @property
    def refundable(self) -> Money:
        """Return confirmed - reversed - refund requested."""
        return self.confirmed - self.reversed - self.refund_requested

    @property
    def outstanding(self) -> Money:
        """Return what has been requested back and has not arrived."""
        return self.refund_requested - self.refunded


def balance(entries: Iterable[LedgerEntry], *, currency: str) -> Balance:
    """Return the sums over ``entries``.

    Raises:
        CurrencyMismatch: when an entry is in another currency.
    """
    sums = {kind: Money.zero(currency) for kind in EntryKind}
    for entry in entries:
        sums[entry.kind] = sums[entry.kind] + entry.amount
    return Balance(
        confirmed=sums[EntryKind.CONFIRMED],
        written_off=sums[EntryKind.WRITTEN_OFF],
        reversed=sums[EntryKind.REVERSED],
        refund_requested=sums[EntryKind.REFUND_REQUESTED],
        refunded=sums[EntryKind.REFUNDED],
    )
