"""Value added tax of a document: one row per rate, rounded once per rate.

The rule is EN 16931, BR-CO-17: net amounts of one category and percentage are added up first, and
the tax of the sum is rounded to the minor unit, half away from zero. Rounding by line would give
another total, and a document whose rows do not add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import frozen

from ordercore.domain.pricing import vat_on
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.money import Money

__all__ = ["EXEMPTING", "TaxCategory", "TaxRate", "TaxRow", "tax_of", "tax_rows"]


class TaxCategory(StrEnum):
    """Why a rate applies; the codes of UNCL 5305 that EN 16931 allows."""

    STANDARD = "S"  # any rate above zero, reduced ones too
    ZERO = "Z"  # taxable at nought percent
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"  # the buyer owes the tax
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


EXEMPTING: Final = frozenset(TaxCategory) - {TaxCategory.STANDARD, TaxCategory.ZERO}
"""Categories whose documents have to say why no tax is charged."""

_WHOLE = 10_000
"""Basis points in one."""


@frozen(kw_only=True)
class TaxRate:
    """A category and its percentage.

    Attributes:
        basis_points: The rate in hundredths of a percent, 2200 for 22 percent; above zero for the
            standard category and zero for every other.
        reason: Why no tax is charged, for the document; needed in the categories of `EXEMPTING`
            and in no other.

    Raises:
        InvalidInput: category, percentage and reason do not go together.
    """

    category: TaxCategory
    basis_points: int = 0
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        rate, standard = self.basis_points, self.category is TaxCategory.STANDARD
        if type(rate) is not int or not (0 < rate <= _WHOLE if standard else rate == 0):
            raise InvalidInput(
                field="basis_points",
                problem=f"{rate!r} in category {self.category}",
                allowed="1 to 10000" if standard else "0",
            )
        if (self.category in EXEMPTING) != bool(self.reason.strip()):
            needed = "needs one" if self.category in EXEMPTING else "has none"
            raise InvalidInput(field="reason", problem=f"category {self.category} {needed}")

    @property
    def percent(self) -> str:
        """The rate as decimal text, without needless zeros.

        >>> TaxRate(category=TaxCategory.STANDARD, basis_points=550).percent
        '5.5'
        """
        whole, rest = divmod(self.basis_points, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


@frozen(kw_only=True)
class TaxRow:
    """What one rate comes to.

    Attributes:
        taxable: Sum of the net amounts at this rate.
        tax: What is owed on it.
    """

    rate: TaxRate
    taxable: Money
    tax: Money


def tax_of(taxable: Money, rate: TaxRate) -> Money:
    """Return the tax on a sum of net amounts, rounded half away from zero.

    >>> str(tax_of(Money(1003, "EUR"), TaxRate(category=TaxCategory.STANDARD, basis_points=750)))
    '0.75 EUR'
    """
    return vat_on(taxable, rate.basis_points)


def tax_rows(amounts: Iterable[tuple[TaxRate, Money]]) -> tuple[TaxRow, ...]:
    """Return one row per rate, ordered by category and percentage.

    Args:
        amounts: The rate and net amount of every line.

    Raises:
        CurrencyMismatch: the amounts are not in one currency.
    """
    sums: dict[TaxRate, Money] = {}
    for rate, net in amounts:
        sums[rate] = sums[rate] + net if rate in sums else net
    currencies = {net.currency for net in sums.values()}
    if len(currencies) > 1:
        Money.total(sums.values(), currency=min(currencies))
    return tuple(
        TaxRow(rate=rate, taxable=sums[rate], tax=tax_of(sums[rate], rate))
        for rate in sorted(sums, key=_order)
    )


def _order(rate: TaxRate) -> tuple[str, int, str]:
    return rate.category.value, rate.basis_points, rate.reason
