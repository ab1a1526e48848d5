"""When an order will arrive."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from ordercore.domain.fulfilment import DeliveryWindow, delivery_window, estimated_delivery
from ordercore.kernel import BusinessCalendar, InvalidInput

VIENNA = BusinessCalendar(
    zone="Europe/Vienna", holidays=frozenset({date(2026, 12, 8), date(2026, 12, 25)})
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant in December 2026."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ordered_at", "arrives"),
    [
        (at(1, 10), 3),  # Tuesday morning: handled on Wednesday, there on Thursday
        (at(1, 12, 59), 3),  # one minute before the cut-off of 14:00 in Vienna
        (at(1, 13), 4),  # the cut-off itself is too late
        (at(4, 10), 9),  # Friday; the 8th is a holiday
        (at(5, 10), 10),  # Saturday counts for Monday
        (at(7, 10), 10),  # the day before the holiday
        (at(8, 10), 11),  # on the holiday
        (at(2, 23, 30), 7),  # already the 3rd in Vienna: handled on the 4th
    ],
)
def test_business_days_of_the_warehouse_count(ordered_at: datetime, arrives: int) -> None:
    """From the day on which the order counts, one to hand it over and one on the road."""
    day = estimated_delivery(
        VIENNA, ordered_at=ordered_at, cut_off=time(14), handling_days=1, transit_days=1
    )
    assert date(2026, 12, arrives) == day


def test_the_calendar_may_have_the_cut_off() -> None:
    """One that is given comes before it."""
    calendar = BusinessCalendar(cut_off=time(9))
    days = [
        estimated_delivery(
            calendar, ordered_at=at(1, 10), handling_days=0, transit_days=0, cut_off=cut_off
        )
        for cut_off in (None, time(11))
    ]
    assert [date(2026, 12, 2), date(2026, 12, 1)] == days


def test_the_carrier_may_have_its_own_days() -> None:
    """One that drives on Saturdays is there earlier."""
    six_days = BusinessCalendar(weekend=frozenset({6}))
    friday = at(11, 8)
    days = [
        estimated_delivery(
            VIENNA, ordered_at=friday, handling_days=0, transit_days=1, carrier=carrier
        )
        for carrier in (None, six_days)
    ]
    assert [date(2026, 12, 14), date(2026, 12, 12)] == days


def test_a_window_goes_from_the_fastest_to_the_slowest() -> None:
    """Both days included."""
    window = delivery_window(VIENNA, ordered_at=at(1, 8), handling_days=1, transit_days=(1, 4))
    assert DeliveryWindow(earliest=date(2026, 12, 3), latest=date(2026, 12, 9)) == window


@pytest.mark.parametrize("days", [-1, True, 1.5])
@pytest.mark.parametrize("name", ["handling_days", "transit_days"])
def test_days_are_whole_and_not_negative(name: str, days: int) -> None:
    """The fault names the argument."""
    arguments: dict[str, Any] = {"handling_days": 1, "transit_days": 1} | {name: days}
    with pytest.raises(InvalidInput, match=name):
        estimated_delivery(VIENNA, ordered_at=at(1, 8), **arguments)


def test_a_window_does_not_end_before_it_begins() -> None:
    """The fewest days come first."""
    with pytest.raises(InvalidInput, match="latest"):
        delivery_window(VIENNA, ordered_at=at(1, 8), handling_days=0, transit_days=(4, 1))
