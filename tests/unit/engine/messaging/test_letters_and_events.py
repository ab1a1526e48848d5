"""Ids of dead letters and events, and the published form of an event."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from attrs import evolve

from ordercore.engine.messaging import Envelope, as_cloudevent, dead_letter_id, event_id
from ordercore.kernel.ids import TenantId

EVENT = Envelope(
    id=event_id("order-7", 12),
    type="order.submitted",
    tenant=TenantId("tenant"),
    stream="order-7",
    seq=12,
    at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    correlation_id="request-3",
    data=json.dumps({"total": 5}),
)


def test_the_same_attempt_files_the_same_letter() -> None:
    """A worker that crashed after filing files nothing new; sixteen characters fit a screen."""
    letter = dead_letter_id("saga", "1", "refund", 3)

    assert letter == dead_letter_id("saga", "1", "refund", 3)
    assert len(letter) == 16


@pytest.mark.parametrize(
    ("saga", "branch", "step", "attempt"),
    [
        ("other", "1", "refund", 3),
        ("saga", "2", "refund", 3),
        ("saga", "1", "notify", 3),
        ("saga", "1", "refund", 4),
    ],
)
def test_a_letter_of_anything_else_has_another_id(
    saga: str, branch: str, step: str, attempt: int
) -> None:
    """Saga, branch, step and attempt all count."""
    assert dead_letter_id("saga", "1", "refund", 3) != dead_letter_id(saga, branch, step, attempt)


def test_an_event_is_published_with_every_attribute_of_its_envelope() -> None:
    """CloudEvents 1.0; the sequence sorts as text and the body is JSON, not text of it."""
    assert as_cloudevent(EVENT, source="/shop") == {
        "specversion": "1.0",
        "id": "order-7.12",
        "source": "/shop",
        "type": "order.submitted",
        "subject": "order-7",
        "time": "2026-03-01T12:00:00.000000Z",
        "datacontenttype": "application/json",
        "partitionkey": "order-7",
        "sequence": "0000000012",
        "tenantid": "tenant",
        "correlationid": "request-3",
        "data": {"total": 5},
    }


def test_without_a_source_the_event_comes_from_the_library() -> None:
    """A host with several services names its own."""
    assert as_cloudevent(EVENT)["source"] == "/ordercore"


def test_an_event_that_no_request_led_to_has_no_correlation() -> None:
    """An attribute is left out rather than sent empty, which CloudEvents forbids."""
    assert "correlationid" not in as_cloudevent(evolve(EVENT, correlation_id=""))
