"""How a tenant's orders are doing (P8): counts, values, revenue, conversion.

Days, weeks (from Monday) and months are UTC. Revenue is what arrived (confirmed or captured) -
reversed - refunded, per currency; nothing is converted. Conversion is fulfilled or completed
orders over submitted ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from attrs import frozen

from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import ProvisioningState, RetailState
from ordercore.kernel.money import Money, Rounding, round_ratio

__all__ = ["CurrencyStats", "OrderGroup", "OrderStats", "order_group", "summarise"]

_FULFILLED = frozenset({ProvisioningState.FULFILLED, RetailState.COMPLETED})


@frozen(kw_only=True)
class OrderGroup:
    """Orders of one state and currency, added up; what a store counts.

    Attributes:
        today: How many were created since the start of the day; likewise ``week`` and ``month``.
        revenue_minor: Confirmed + captured - reversed - refunded.
    """

    state: str
    currency: str
    orders: int
    submitted: int
    today: int
    week: int
    month: int
    value_minor: int
    revenue_minor: int


@frozen(kw_only=True)
class CurrencyStats:
    """Sums in one currency."""

    average_value: Money
    revenue: Money


@frozen(kw_only=True)
class OrderStats:
    """One tenant's orders at a glance.

    Attributes:
        fulfilled: Fulfilled services and completed orders of goods.
        conversion_percent: Those of submitted orders, in whole percent; None before the first.
    """

    today: int
    week: int
    month: int
    by_state: tuple[tuple[str, int], ...]
    by_currency: tuple[CurrencyStats, ...]
    submitted: int
    fulfilled: int
    conversion_percent: int | None


def order_group(order: Order) -> tuple[int, int, int]:
    """Return what an order adds to its group: submitted (0 or 1), value, revenue (minor units)."""
    sums = order.balance
    revenue = sums.confirmed + sums.captured - sums.reversed - sums.refunded
    return (int(order.submitted_at is not None), order.total.amount_minor, revenue.amount_minor)


def summarise(groups: Iterable[OrderGroup]) -> OrderStats:
    """Return the statistics that the groups make."""
    listed = tuple(groups)
    states = sorted({group.state for group in listed})
    currencies = sorted({group.currency for group in listed})
    submitted = sum(group.submitted for group in listed)
    fulfilled = sum(group.orders for group in listed if group.state in _FULFILLED)
    return OrderStats(
        today=sum(group.today for group in listed),
        week=sum(group.week for group in listed),
        month=sum(group.month for group in listed),
        by_state=tuple((s, sum(g.orders for g in listed if g.state == s)) for s in states),
        by_currency=tuple(_in_currency(listed, currency) for currency in currencies),
        submitted=submitted,
        fulfilled=fulfilled,
        conversion_percent=int(Fraction(100 * fulfilled, submitted)) if submitted else None,
    )


def _in_currency(groups: tuple[OrderGroup, ...], currency: str) -> CurrencyStats:
    own = [group for group in groups if group.currency == currency]
    orders = sum(group.orders for group in own)
    value = sum(group.value_minor for group in own)
    return CurrencyStats(
        average_value=Money(round_ratio(value, max(orders, 1), Rounding.HALF_EVEN), currency),
        revenue=Money(sum(group.revenue_minor for group in own), currency),
    )
