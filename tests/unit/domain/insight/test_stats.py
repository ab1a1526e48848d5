"""What groups of orders add up to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.insight import OrderGroup, order_group, summarise
from ordercore.domain.orders import Posted
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.kernel.money import Money
from ordercore.testing.builders import an_order, money_in, moved, with_events
from ordercore.testing.fakes import START


def group(state: str = "draft", currency: str = "EUR", **numbers: int) -> OrderGroup:
    """Return a group of one order, with the numbers that matter."""
    zero = dict.fromkeys(("submitted", "today", "week", "month", "value_minor", "revenue_minor"), 0)
    return OrderGroup(state=state, currency=currency, **{"orders": 1, **zero, **numbers})


GROUPS = st.lists(
    st.builds(
        OrderGroup,
        state=st.sampled_from(["draft", "fulfilled", "failed"]),
        currency=st.sampled_from(["EUR", "USD"]),
        orders=st.integers(1, 1000),
        submitted=st.integers(0, 1000),
        today=st.integers(0, 1000),
        week=st.integers(0, 1000),
        month=st.integers(0, 1000),
        value_minor=st.integers(0, 10**12),
        revenue_minor=st.integers(-(10**12), 10**12),
    ),
    max_size=12,
)


def test_a_draft_adds_its_value_and_nothing_else() -> None:
    """It was not submitted and nothing was paid."""
    assert order_group(an_order()) == (0, 1000, 0)


def test_revenue_counts_what_arrived_back_and_not_what_was_asked_back() -> None:
    """Confirmed, less reversed, less refunded."""
    order = moved(an_order(), "submit", "confirm_payment", postings=(money_in(1000),))
    asked = LedgerEntry(
        kind=EntryKind.REFUND_REQUESTED, amount=Money(400, "EUR"), key="r", at=START
    )
    back = LedgerEntry(kind=EntryKind.REFUNDED, amount=Money(400, "EUR"), key="r", at=START)
    reversal = LedgerEntry(kind=EntryKind.REVERSED, amount=Money(100, "EUR"), key="p", at=START)
    order = with_events(order, Posted(type="x", postings=(asked, reversal)))
    assert order_group(order) == (1, 1000, 900)
    assert order_group(with_events(order, Posted(type="x", postings=(back,)))) == (1, 1000, 500)


def test_no_groups_are_no_numbers() -> None:
    """And no conversion of nobody."""
    stats = summarise([])
    assert (stats.today, stats.by_state, stats.by_currency, stats.conversion_percent) == (
        0,
        (),
        (),
        None,
    )


def test_conversion_is_rounded_down() -> None:
    """Two of three are 66 percent; it is 100 only when all were fulfilled."""
    two = group("fulfilled", orders=2, submitted=2)
    assert summarise([two, group("failed", submitted=1)]).conversion_percent == 66
    assert summarise([two]).conversion_percent == 100
    assert summarise([group("failed", submitted=1)]).conversion_percent == 0


def test_averages_are_per_currency_and_rounded_half_even() -> None:
    """A half cent goes to the even neighbour."""
    stats = summarise([group(orders=2, value_minor=5), group(currency="USD", value_minor=7)])
    assert [c.average_value for c in stats.by_currency] == [Money(2, "EUR"), Money(7, "USD")]


@given(GROUPS)
def test_every_order_is_counted_once(groups: list[OrderGroup]) -> None:
    """In the states, and in the sums over all of them."""
    stats = summarise(groups)
    assert sum(n for _, n in stats.by_state) == sum(g.orders for g in groups)
    assert [state for state, _ in stats.by_state] == sorted({g.state for g in groups})
    assert sum(c.revenue.amount_minor for c in stats.by_currency) == sum(
        g.revenue_minor for g in groups
    )
    assert (stats.today, stats.week, stats.month) == tuple(
        sum(getattr(g, name) for g in groups) for name in ("today", "week", "month")
    )


@given(GROUPS)
def test_the_order_of_the_groups_does_not_matter(groups: list[OrderGroup]) -> None:
    """A store may return them as it likes."""
    assert summarise(groups) == summarise(reversed(groups))
