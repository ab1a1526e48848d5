"""Jitter is a share of the delay, decided by a number from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ordercore.engine.retry import RetryPolicy

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_without_a_draw_there_is_no_jitter() -> None:
    """A caller without randomness waits exactly as long as the table says."""
    policy = RetryPolicy(name="shaky", delays_s=(10,), jitter_per_mille=1000)

    assert policy.next_attempt(1, NOW) == NOW + timedelta(seconds=10)
    assert policy.next_attempt(1, NOW, draw=1) == NOW + timedelta(seconds=10, milliseconds=10)


def test_a_share_of_less_than_a_millisecond_is_dropped() -> None:
    """Due times are compared with stored ones, which need no microseconds."""
    policy = RetryPolicy(name="shaky", delays_s=(1,), jitter_per_mille=1)

    assert policy.next_attempt(1, NOW, draw=999) == NOW + timedelta(seconds=1)
