"""When an order will arrive: business days of the warehouse, then business days of the carrier.

An order counts from the business day on which it was received, the next one after the cut-off.
From there the warehouse has so many business days until it hands the parcel over, and the carrier
so many to bring it. Nothing is handed over or delivered at a weekend or on a holiday.
"""

from __future__ import annotations

from datetime import date, time

from attrs import evolve, frozen

from ordercore.kernel.calendar import BusinessCalendar
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import Instant

__all__ = ["DeliveryWindow", "delivery_window", "estimated_delivery"]


@frozen(kw_only=True)
class DeliveryWindow:
    """The days between which a parcel is to arrive, both included.

    Raises:
        InvalidInput: it ends before it begins.
    """

    earliest: date
    latest: date

    def __attrs_post_init__(self) -> None:
        if self.latest < self.earliest:
            raise InvalidInput(field="latest", problem=f"{self.latest} is before {self.earliest}")


def estimated_delivery(
    calendar: BusinessCalendar,
    *,
    ordered_at: Instant,
    handling_days: int,
    transit_days: int,
    cut_off: time | None = None,
    carrier: BusinessCalendar | None = None,
) -> date:
    """Return the day on which an order is to arrive, in the zone of the carrier's calendar.

    Args:
        calendar: Business days of the warehouse.
        ordered_at: When the order was received.
        handling_days: Business days from the day it counts until it is handed over; 0 for the
            same day.
        transit_days: Business days of the carrier from there; 0 for the same day.
        cut_off: Local time of the warehouse from which an order counts for the next business day;
            None for that of ``calendar``.
        carrier: Business days of the carrier; None for those of the warehouse.

    Raises:
        InvalidInput: a number of days is negative or no whole number.

    >>> from datetime import UTC, datetime
    >>> friday = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    >>> estimated_delivery(
    ...     BusinessCalendar(),
    ...     ordered_at=friday,
    ...     cut_off=time(16),
    ...     handling_days=1,
    ...     transit_days=2,
    ... ).isoformat()
    '2026-11-26'
    """
    _check_days(handling_days, "handling_days")
    _check_days(transit_days, "transit_days")
    warehouse = calendar if cut_off is None else evolve(calendar, cut_off=cut_off)
    counts_from = warehouse.counts_from(ordered_at)
    handed_over = warehouse.add_business_days(counts_from, handling_days)
    return (carrier or warehouse).add_business_days(handed_over, transit_days)


def delivery_window(
    calendar: BusinessCalendar,
    *,
    ordered_at: Instant,
    handling_days: int,
    transit_days: tuple[int, int],
    cut_off: time | None = None,
    carrier: BusinessCalendar | None = None,
) -> DeliveryWindow:
    """Return between which days an order is to arrive; arguments as for `estimated_delivery`.

    Args:
        calendar: Business days of the warehouse.
        ordered_at: When the order was received.
        handling_days: Business days until it is handed over.
        transit_days: The fewest and the most business days the carrier needs.
        cut_off: Local time from which an order counts for the next business day.
        carrier: Business days of the carrier.

    Raises:
        InvalidInput: a number of days cannot be one, or the most are fewer than the fewest.
    """
    fewest, most = transit_days
    earliest, latest = (
        estimated_delivery(
            calendar,
            ordered_at=ordered_at,
            handling_days=handling_days,
            transit_days=days,
            cut_off=cut_off,
            carrier=carrier,
        )
        for days in (fewest, most)
    )
    return DeliveryWindow(earliest=earliest, latest=latest)


def _check_days(days: int, name: str) -> None:
    if type(days) is not int or days < 0:
        raise InvalidInput(field=name, problem=f"got {days!r}", allowed="0 or more whole days")
