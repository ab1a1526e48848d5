"""What a repeated request gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ordercore.engine.messaging import (
    IN_FLIGHT_FOR,
    KEPT_FOR,
    LEASE,
    IdempotencyRecord,
    Replay,
    judge,
)
from ordercore.kernel.errors import IdempotencyInFlight, IdempotencyKeyReused
from ordercore.kernel.ids import TenantId

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def stored(response: str | None) -> IdempotencyRecord:
    """Return what is known of a request that was sent before; it is kept until noon."""
    return IdempotencyRecord(
        tenant=TenantId("tenant"),
        operation="place",
        key="key-1",
        fingerprint="print-1",
        response=response,
        expires_at=NOON,
    )


def test_a_key_nobody_has_used_is_carried_out() -> None:
    """There is nothing to replay."""
    assert judge(None, "print-1", NOON) is None


def test_the_same_request_gets_the_stored_answer_until_the_record_expires() -> None:
    """At the very instant of expiry the record counts as gone, as it does in a store."""
    assert judge(stored("{}"), "print-1", NOON - INSTANT) == Replay("{}")
    assert judge(stored("{}"), "print-1", NOON) is None
    assert judge(stored("{}"), "print-1", NOON + INSTANT) is None


def test_an_expired_key_may_be_used_for_other_content() -> None:
    """Nothing is left to compare with."""
    assert judge(stored("{}"), "print-2", NOON) is None


@pytest.mark.parametrize("response", ["{}", None])
def test_a_key_with_other_content_is_a_fault_answered_or_not(response: str | None) -> None:
    """The fault names operation and key, so that the sender finds its mistake."""
    with pytest.raises(IdempotencyKeyReused) as caught:
        judge(stored(response), "print-2", NOON - INSTANT)

    assert (caught.value.operation, caught.value.key) == ("place", "key-1")


def test_a_request_that_still_runs_says_so() -> None:
    """The second sender may come back for the answer."""
    with pytest.raises(IdempotencyInFlight) as caught:
        judge(stored(None), "print-1", NOON - INSTANT)

    assert (caught.value.operation, caught.value.key) == ("place", "key-1")


def test_answers_are_kept_for_a_day_and_a_running_request_is_trusted_for_a_minute() -> None:
    """A worker's lease is shorter than either."""
    assert timedelta(hours=24) == KEPT_FOR
    assert timedelta(minutes=1) == IN_FLIGHT_FOR
    assert timedelta(seconds=30) == LEASE
