"""Statistics of a tenant: windows, sums, conversion, and a cache of five minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ordercore.app import Caller, TenantStats
from ordercore.domain.insight import OrderStats
from ordercore.engine.saga import Rejected
from ordercore.kernel.money import Money
from ordercore.testing.builders import a_database, a_vps
from tests.unit.app.shop import OPERATOR, Shop
from tests.unit.app.tables import DOLLARS


def stats(shop: Shop, caller: Caller = OPERATOR) -> OrderStats:
    """Return the tenant's statistics."""
    return shop.handle(TenantStats(caller=caller))


def test_an_empty_tenant_has_empty_statistics(shop: Shop) -> None:
    """No average of nothing, and no conversion of nobody."""
    assert stats(shop) == OrderStats(
        today=0,
        week=0,
        month=0,
        by_state=(),
        by_currency=(),
        submitted=0,
        fulfilled=0,
        conversion_percent=None,
    )


def test_days_weeks_and_months_begin_at_midnight_utc(shop: Shop) -> None:
    """Weeks on Monday. It is Thursday the first of January, so the week began last year."""
    for number, at in enumerate(
        [
            datetime(2025, 12, 28, 23, 59, 59, tzinfo=UTC),  # Sunday before
            datetime(2025, 12, 29, tzinfo=UTC),  # Monday, midnight
            datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(2026, 1, 1, tzinfo=UTC),
        ]
    ):
        shop.clock.set(at)
        shop.place(reference=f"R{number}")
    found = stats(shop)
    assert (found.today, found.week, found.month) == (1, 3, 1)


def test_statistics_are_five_minutes_old_at_most(shop: Shop) -> None:
    """Until then they come from the cache, and not a moment longer."""
    assert stats(shop).today == 0
    shop.place()
    shop.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert stats(shop).today == 0
    shop.clock.advance(timedelta(microseconds=1))
    assert stats(shop).today == 1


def test_tenants_do_not_see_each_others_statistics(shop: Shop) -> None:
    """Neither fresh nor cached."""
    shop.place()
    assert stats(shop).today == 1
    assert stats(shop, Caller.of("tenant-b", "bob")).today == 0


def test_orders_are_counted_by_state_hidden_ones_included(shop: Shop) -> None:
    """Conversion is fulfilled of submitted, in whole percent, rounded down."""
    shop.place(reference="draft")
    shop.cancel(shop.submit(shop.place(reference="gone")))
    for n in range(2):
        shop.paid(reference=f"done{n}")
        shop.run()
    found = stats(shop)
    assert found.by_state == (("cancelled", 1), ("draft", 1), ("fulfilled", 2))
    assert (found.submitted, found.fulfilled, found.conversion_percent) == (3, 2, 66)


def test_a_partial_order_is_no_conversion_yet(shop: Shop) -> None:
    """Only what has come to its good end counts."""
    shop.script.plan("provision 2", Rejected(code="no", reason="x"))
    shop.paid(a_vps(), a_vps())
    shop.run()
    assert stats(shop).conversion_percent == 100


def test_revenue_is_confirmed_less_reversed_less_refunded(shop: Shop) -> None:
    """A refund counts when it has arrived, not when it was asked for."""
    shop.paid(reference="kept")
    shop.revert(shop.paid(reference="reverted"))
    shop.cancel(shop.paid(reference="returned"))
    (euros,) = stats(shop).by_currency
    assert euros.revenue == Money(2000, "EUR")
    shop.clock.advance(seconds=300)
    shop.work()
    assert stats(shop).by_currency[0].revenue == Money(1000, "EUR")


def test_currencies_are_never_added_up(open_shop: Callable[..., Shop]) -> None:
    """Each has its own average and revenue."""
    shop = open_shop(rules=DOLLARS)
    shop.paid(a_vps(), reference="e")
    shop.paid(a_database(), reference="u", currency="USD")
    found = stats(shop).by_currency
    assert [c.average_value for c in found] == [Money(1000, "EUR"), Money(9000, "USD")]
    assert [c.revenue for c in found] == [Money(1000, "EUR"), Money(9000, "USD")]


@pytest.mark.parametrize(("count", "average"), [(1, 1000), (2, 1505), (3, 1673)])
def test_the_average_is_rounded_half_even_to_the_cent(shop: Shop, count: int, average: int) -> None:
    """10.00 and then 20.10 each: 15.05, and 16.73 a third of a cent down."""
    plans = ["core", "business", "business"]
    for number in range(count):
        shop.place(a_vps(plan=plans[number]), reference=f"R{number}")
    assert stats(shop).by_currency[0].average_value == Money(average, "EUR")
