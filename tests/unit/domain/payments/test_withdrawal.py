"""What goes back when a consumer withdraws from a service already begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ordercore.domain.catalog import BillingCycle
from ordercore.domain.payments import WITHDRAWAL_PERIOD, unused_share
from tests.unit.domain.payments.books import eur

APRIL = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
"""A month of thirty days follows."""


@pytest.mark.parametrize(
    ("after", "cents_back"),
    [
        (timedelta(), 3000),
        (timedelta(seconds=1), 2900),
        (timedelta(days=1), 2900),
        (timedelta(days=1, seconds=1), 2800),
        (timedelta(days=14), 1600),
        (timedelta(days=29, seconds=1), 0),
        (timedelta(days=30), 0),
        (timedelta(days=90), 0),
        (timedelta(days=-3), 3000),
    ],
)
def test_every_day_begun_is_owed_and_the_others_go_back(after: timedelta, cents_back: int) -> None:
    """One euro a day; never more than was paid goes back, never less than nothing."""
    back = unused_share(
        eur(3000), cycle=BillingCycle.MONTHLY, active_at=APRIL, withdrawn_at=APRIL + after
    )

    assert eur(cents_back) == back


def test_a_year_is_counted_by_its_own_days() -> None:
    """Three hundred and sixty-five of them, of which fourteen were used."""
    back = unused_share(
        eur(36500),
        cycle=BillingCycle.ANNUAL,
        active_at=APRIL,
        withdrawn_at=APRIL + timedelta(days=14),
    )

    assert eur(35100) == back


def test_a_month_is_as_long_as_the_calendar_says() -> None:
    """February of a common year has twenty-eight days."""
    february = datetime(2026, 2, 1, tzinfo=UTC)

    back = unused_share(
        eur(2800),
        cycle=BillingCycle.MONTHLY,
        active_at=february,
        withdrawn_at=february + timedelta(days=7),
    )

    assert eur(2100) == back


def test_a_fraction_of_a_cent_is_rounded_half_to_even() -> None:
    """Fifteen of thirty days: half of an odd number of cents."""
    half_way = APRIL + timedelta(days=15)

    backs = [
        unused_share(eur(cents), cycle=BillingCycle.MONTHLY, active_at=APRIL, withdrawn_at=half_way)
        for cents in (101, 103)
    ]

    assert backs == [eur(50), eur(52)]


def test_a_consumer_has_fourteen_days() -> None:
    """As Directive 2011/83/EU has it."""
    assert timedelta(days=14) == WITHDRAWAL_PERIOD
