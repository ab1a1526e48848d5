"""Fences rise with the count or with the time, whichever is further."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import lease_end, next_fence

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
AT_MS = 1_767_614_400_000


def test_the_first_fence_is_the_time() -> None:
    """In whole milliseconds since 1970, whatever was forgotten before."""
    assert next_fence(0, now=AT) == AT_MS
    assert next_fence(0, now=AT + timedelta(microseconds=1999)) == AT_MS + 1


@given(last=st.integers(0, 2**52), now=st.datetimes(timezones=st.just(UTC)))
def test_a_fence_is_above_the_last_and_not_below_the_time(last: int, now: datetime) -> None:
    """Also for a clock that was put back."""
    fence = next_fence(last, now=now)
    assert fence > last
    assert fence >= int((now - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) - 1
    assert fence in {
        last + 1,
        (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1),
    }


def test_a_lease_ends_after_its_seconds_in_utc() -> None:
    """Whatever zone the caller's clock is in."""
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    assert lease_end("order-1", ttl_s=10, now=elsewhere) == AT + timedelta(seconds=10)
    assert lease_end("order-1", ttl_s=10, now=elsewhere).tzinfo is UTC


def test_a_lease_needs_to_know_which_moment_it_is() -> None:
    """A time without an offset could be any."""
    with pytest.raises(InvalidInput, match="offset"):
        lease_end("order-1", ttl_s=10, now=AT.replace(tzinfo=None))
