"""Value added tax: once per rate over the whole order, never line by line.

The sum of rounded lines may differ from the rounded sum; an invoice by EN 16931 (rule BR-CO-17)
wants the latter. A tie goes away from zero.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ordercore.kernel.money import Money, Rounding, round_ratio

__all__ = ["VatRow", "vat_by_rate", "vat_on"]

_WHOLE = 10_000


@frozen(kw_only=True)
class VatRow:
    """Everything taxed at one rate.

    Attributes:
        basis_points: The rate in hundredths of a percent.
        net: Sum of the lines.
        vat: The tax on that sum.
    """

    basis_points: int
    net: Money
    vat: Money


def vat_on(net: Money, basis_points: int) -> Money:
    """Return the tax on a sum of net amounts, rounded half away from zero.

    >>> str(vat_on(Money(1003, "EUR"), 750))
    '0.75 EUR'
    """
    tax = round_ratio(net.amount_minor * basis_points, _WHOLE, Rounding.HALF_UP)
    return Money(tax, net.currency)


def vat_by_rate(lines: Iterable[tuple[Money, int]], *, currency: str) -> tuple[VatRow, ...]:
    """Return one row for each rate, the lowest first.

    Args:
        lines: Net amount and rate in basis points of each line.
        currency: Currency of the order.

    Raises:
        CurrencyMismatch: when a line is in another currency.
    """
    sums: dict[int, Money] = {}
    for net, rate in lines:
        sums[rate] = sums.get(rate, Money.zero(currency)) + net
    return tuple(
        VatRow(
            basis_points=rate,
            net=net,
            vat=vat_on(net, rate),
        )
        for rate, net in sorted(sums.items())
    )
