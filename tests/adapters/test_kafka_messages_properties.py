"""The binary mode of the Kafka binding, for any event."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from attrs import evolve
from cloudevents.core.bindings.kafka import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.messaging import Envelope
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import EventId, TenantId
from ordercore.ports import Outgoing
from ordercore.testing.contracts.rows import AT
from ordercore_adapters.kafka import received, to_message
from tests.adapters.kafka_desk import event

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
bodies = st.dictionaries(names, st.integers() | names, max_size=3)
envelopes = st.builds(
    Envelope,
    id=names.map(EventId),
    type=names,
    tenant=names.map(TenantId),
    stream=names,
    seq=st.integers(0, 10**12),
    at=st.datetimes(AT.replace(tzinfo=None), timezones=st.just(UTC)),
    correlation_id=st.just("") | names,
    data=bodies.map(json.dumps),
)
GOOD = to_message(event("t"), source="/shop")


def without(name: str) -> list[tuple[str, bytes | None]]:
    """Return good headers but for one."""
    return [pair for pair in GOOD.headers if pair[0] != name]


@given(envelopes, st.lists(names, max_size=3))
def test_what_was_sent_is_received(envelope: Envelope, consumers: list[str]) -> None:
    """Every field of the envelope comes back, and nothing of the body shows in a repr."""
    message = to_message(
        Outgoing(envelope=envelope, topic="t", consumers=tuple(consumers)), source="/shop"
    )
    found = received(message.value, message.headers)
    assert (found.id, found.source, found.type) == (envelope.id, "/shop", envelope.type)
    assert (found.tenant, found.stream, found.seq) == (
        envelope.tenant,
        envelope.stream,
        envelope.seq,
    )
    assert (found.at, found.correlation_id) == (envelope.at, envelope.correlation_id)
    assert (found.data, found.routed_to) == (envelope.data, tuple(consumers))
    assert "data" not in repr(found)
    assert "value" not in repr(message)


@given(bodies, names, names)
def test_what_another_library_sends_is_received(
    body: dict[str, Any], id_: str, tenant: str
) -> None:
    """Attributes we do not use are no obstacle, and neither is a missing time or subject."""
    sent = CloudEvent(
        {
            "id": id_,
            "source": "https://partner.example/stock",
            "type": "stock.changed",
            "tenantid": tenant,
            "datacontenttype": "application/json",
            "dataschema": "https://partner.example/schema",
        },
        body,
    )
    wire = to_binary(sent, JSONFormat())
    found = received(wire.value, list(wire.headers.items()))
    assert (found.id, found.tenant, json.loads(found.data)) == (id_, tenant, body)
    assert (found.stream, found.seq) == (None, None)


def test_two_senders_may_use_the_same_id() -> None:
    """The mark is made of source and id together."""
    marks = set()
    for source in ("/a", "/b"):
        message = to_message(event("t"), source=source)
        marks.add(received(message.value, message.headers).message_id)
    assert len(marks) == 2


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_specversion", "ce_tenantid"])
def test_a_message_without_what_an_inbox_needs_is_no_event(name: str) -> None:
    """The fault names the attribute."""
    with pytest.raises(InvalidInput, match=name.removeprefix("ce_")):
        received(GOOD.value, without(name))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"2.0"),
        ("ce_source", b"a b"),
        ("ce_time", b"yesterday"),
        ("ce_id", b"\xff"),
        ("ce_id", b""),
        ("content-type", b"application/cloudevents+json"),
        ("content-type", b"text/plain"),
    ],
)
def test_a_message_with_a_wrong_attribute_is_no_event(name: str, value: bytes) -> None:
    """Structured mode is among what is not understood."""
    with pytest.raises(InvalidInput):
        received(GOOD.value, [*without(name), (name, value)])


@pytest.mark.parametrize("sequence", [b"9" * 5000, b"9" * 19, b"-1", b"one", "²".encode()])
def test_a_sequence_that_nobody_counts_to_is_none(sequence: bytes) -> None:
    """No sender can stop a consumer with it: Python reads no number of thousands of digits."""
    found = received(GOOD.value, [*without("ce_sequence"), ("ce_sequence", sequence)])
    assert found.seq is None


def test_a_body_that_is_no_text_is_no_event() -> None:
    """JSON is UTF-8."""
    with pytest.raises(InvalidInput, match="data"):
        received(b"\xff", GOOD.headers)


def test_the_consumers_are_left_out_where_there_are_none() -> None:
    """An attribute is left out rather than sent empty."""
    message = to_message(evolve(event("t"), consumers=()), source="/shop")
    assert "ce_routedto" not in dict(message.headers)
    assert received(message.value, message.headers).routed_to == ()
