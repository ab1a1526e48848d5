"""What the Kafka tests share: events, a reader of topics, and a handler whose effect can double."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import evolve
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from ordercore.engine.messaging import DeadLetter
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.ports import Batch, Outgoing, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, an_envelope
from ordercore_adapters.kafka import KafkaConsumer, KafkaPublisher, Received, Taken
from ordercore_adapters.kafka.settings import Settings
from tests.adapters.kafka_server import quiet

__all__ = [
    "NAME",
    "SOON",
    "consuming",
    "effects",
    "event",
    "events",
    "leaving_a_trace",
    "publish",
    "published",
    "read",
    "take",
]

NAME = "billing"
PATIENCE_S = 20
SOON: Settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 200}
"""Whoever was killed is missed soon."""


def event(topic: str, number: int = 1, seq: int = 1, tenant: TenantId = ONE) -> Outgoing:
    """Return one event of order ``number``, routed to two consumers."""
    envelope = evolve(an_envelope(number, seq, tenant), data=f'{{"n":{number},"s":{seq}}}')
    return Outgoing(envelope=envelope, topic=topic, consumers=("audit", NAME))


def events(topic: str, *, orders: int, each: int) -> tuple[Outgoing, ...]:
    """Return events of some orders, those of one order in order, orders in turn."""
    return tuple(
        event(topic, number, seq) for seq in range(1, each + 1) for number in range(1, orders + 1)
    )


def publish(address: str, outgoing: tuple[Outgoing, ...]) -> int:
    """Publish them with a publisher of its own."""
    publisher = KafkaPublisher(address)
    sent = drive(publisher.publish(outgoing))
    publisher.close()
    return sent


def published(address: str, outgoing: tuple[Outgoing, ...]) -> None:
    """Publish them all."""
    assert publish(address, outgoing) == len(outgoing)


def read(
    address: str, topic: str, *, count: int, patience_s: float = PATIENCE_S, **settings: Any
) -> list[Message]:
    """Return the first messages of a topic, as anybody would see them; fewer after a while."""
    config = {
        "bootstrap.servers": address,
        "group.id": "reader",
        "enable.auto.commit": False,
        **{name.replace("_", "."): value for name, value in settings.items()},
    }
    reader, found = Consumer(config, logger=quiet), []
    partitions = reader.list_topics(topic, timeout=PATIENCE_S).topics[topic].partitions
    reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    until = time.monotonic() + patience_s
    while len(found) < count and time.monotonic() < until:
        message = reader.poll(0.2)
        if message is not None and message.error() is None:
            found.append(message)
    reader.close()
    return found


async def leaving_a_trace(ports: Ports, received: Received) -> Batch:
    """Decide on a row under an id that was never used, so a second effect would be a second row."""
    assert received.stream is not None
    row = DeadLetter(
        id=ports.ids.new(),
        tenant=received.tenant,
        order_id=OrderId(received.stream),
        saga_id=SagaId(received.id),
        branch=str(received.seq),
        step="",
        forward=True,
        code="effect",
        reason="",
        attempts=0,
        payload="{}",
        at=AT,
    )
    return Batch(tenant=received.tenant, dead_letters=(row,))


def effects(ports: Ports, tenant: TenantId = ONE) -> list[str]:
    """Return the ids of the events that left a trace, in the order of the traces."""
    rows = drive(ports.dead_letters.list(tenant, limit=100_000))
    return [row.saga_id for row in sorted(rows, key=lambda row: row.id)]


@contextmanager
def consuming(address: str, ports: Ports, topic: str, **options: Any) -> Iterator[KafkaConsumer]:
    """Give a consumer whose every event leaves a trace, unless told otherwise."""

    async def handler(received: Received) -> Batch | None:
        return await leaving_a_trace(ports, received)

    wanted = {
        "name": NAME,
        "group": f"group of {topic}",
        "topics": [topic],
        "handler": handler,
        "poll_s": 0.1,
        "settings": SOON,
        **options,
    }
    consumer = KafkaConsumer(address, ports=ports, **wanted)
    try:
        yield consumer
    finally:
        consumer.close()


def take(
    consumer: KafkaConsumer, *, count: int, between: Callable[[], None] = lambda: None
) -> list[Taken]:
    """Let the consumer take in so many messages and return what came of each."""
    found: list[Taken] = []
    until = time.monotonic() + PATIENCE_S
    while len(found) < count:
        assert time.monotonic() < until, f"only {found}"
        taken = consumer.consume_once()
        if taken is not None:
            found.append(taken)
        between()
    return found
