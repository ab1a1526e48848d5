"""The Kafka publisher, over the client's own stand-in for a broker."""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
from attrs import evolve
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import Message

from ordercore.engine.messaging import as_cloudevent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import format_instant
from ordercore.ports import Outgoing
from ordercore.testing.contracts import PublisherContract, Subject, drive
from ordercore_adapters import memory
from ordercore_adapters.bridges import offload
from ordercore_adapters.kafka import KafkaPublisher
from tests.adapters.kafka_desk import event, events, publish, published, read
from tests.adapters.kafka_server import topic_name

NOBODY = "127.0.0.1:1"
SECRET = "what-nobody-may-see"


class TestPublisher(PublisherContract):
    """The contract of the port."""

    @pytest.fixture
    def subject(self, kafka_stand_in: str) -> Iterator[Subject]:
        """Return a bundle that publishes to the stand-in."""
        publisher = KafkaPublisher(kafka_stand_in)
        yield Subject(memory.ports(publisher=publisher), drive)
        publisher.close()


def too_large(topic: str, number: int, seq: int) -> Outgoing:
    """Return an event no broker takes with its usual settings."""
    one = event(topic, number, seq)
    return evolve(one, envelope=evolve(one.envelope, data=json.dumps(SECRET * 100_000)))


def test_another_library_reads_the_same_event(kafka_stand_in: str) -> None:
    """Every attribute and the data; the key is the order."""
    topic = topic_name()
    sent = event(topic, number=7, seq=3)
    published(kafka_stand_in, (sent,))
    [message] = read(kafka_stand_in, topic, count=1)
    wire = KafkaMessage(
        headers=dict(message.headers() or ()), key=message.key(), value=message.value() or b""
    )
    found = from_binary(wire, JSONFormat())
    structured = as_cloudevent(sent.envelope)
    assert message.key() == b"order-7"
    assert found.get_data() == structured.pop("data") == {"n": 7, "s": 3}
    attributes = found.get_attributes()
    assert attributes.pop("routedto") == "audit billing"
    attributes["time"] = format_instant(attributes["time"])
    assert attributes == structured


def test_the_data_travels_byte_for_byte(kafka_stand_in: str) -> None:
    """Nothing is parsed and written again on the way, so a digest of it holds."""
    topic = topic_name()
    one = event(topic)
    raw = '{"b" : 1.50,  "a": "\\u017e"}'
    published(kafka_stand_in, (evolve(one, envelope=evolve(one.envelope, data=raw)),))
    [message] = read(kafka_stand_in, topic, count=1)
    assert message.value() == raw.encode()


def test_the_events_of_an_order_stay_in_order(kafka_stand_in: str) -> None:
    """One partition holds them all, in the order they were handed over."""
    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=5, each=20))
    found = read(kafka_stand_in, topic, count=100)
    streams: dict[bytes | None, list[Message]] = defaultdict(list)
    for message in found:
        streams[message.key()].append(message)
    assert len(streams) == 5
    for messages in streams.values():
        assert len({message.partition() for message in messages}) == 1
        sequences = [dict(message.headers() or ())["ce_sequence"] for message in messages]
        assert sequences == [f"{seq:010d}".encode() for seq in range(1, 21)]


def test_sending_stops_at_the_first_that_fails(kafka_stand_in: str) -> None:
    """Those before it count, those after it are not sent, and the next call starts afresh."""
    topic = topic_name()
    batch = (event(topic, 1, 1), too_large(topic, 1, 2), event(topic, 1, 3))
    publisher = KafkaPublisher(kafka_stand_in)
    assert drive(publisher.publish(batch)) == 1
    assert drive(publisher.publish((event(topic, 1, 4),))) == 1
    publisher.close()
    ids = [dict(m.headers() or ())["ce_id"] for m in read(kafka_stand_in, topic, count=2)]
    assert ids == [b"order-1.1", b"order-1.4"]


def test_a_broker_that_is_away_takes_a_bounded_time() -> None:
    """Nothing is acknowledged, nothing is raised, and the call is over when it said."""
    publisher = KafkaPublisher(NOBODY, timeout_s=0.5)
    begun = time.monotonic()
    assert drive(publisher.publish(events("t", orders=2, each=2))) == 0
    assert 0.4 < time.monotonic() - begun < 3
    publisher.close()


def test_what_is_logged_shows_no_event(
    kafka_stand_in: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused event is counted and named by its code; its content and key are not."""
    topic = topic_name()
    with caplog.at_level(logging.DEBUG, logger="ordercore_adapters.kafka"):
        assert publish(kafka_stand_in, (too_large(topic, 1, 1),)) == 0
    assert "1 of 1 messages were not acknowledged (MSG_SIZE_TOO_LARGE)" in caplog.text
    assert SECRET not in caplog.text
    assert "order-1" not in caplog.text


@pytest.mark.parametrize("name", ["acks", "enable.idempotence", "bootstrap.servers"])
def test_a_setting_that_a_guarantee_hangs_on_cannot_be_given(name: str) -> None:
    """It is refused by name instead of being overruled in silence."""
    with pytest.raises(InvalidInput, match=name):
        KafkaPublisher(NOBODY, settings={name: "0"})


def test_a_setting_the_client_does_not_know_is_refused_at_once() -> None:
    """Not at the first event, where the relay would take it for a broker that is away."""
    with pytest.raises(InvalidInput, match="_INVALID_ARG"):
        KafkaPublisher(NOBODY, settings={"no.such.setting": 1})


async def test_an_async_host_publishes_through_threads(kafka_stand_in: str) -> None:
    """The bridge drives the blocking publisher beside the loop."""
    publisher = KafkaPublisher(kafka_stand_in)
    bundle = offload(memory.ports(publisher=publisher))
    assert await bundle.publisher.publish((event(topic_name()),)) == 1
    publisher.close()
