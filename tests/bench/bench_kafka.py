"""Kafka: the relay beside a bare producer, and the consumer with its inbox beside one without.

Over a real broker where one can be started, else over the client's stand-in. The inbox is in
SQLite, flushed with each commit, so the ratio is that of a transaction per event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import monotonic

import pytest
from attrs import evolve
from confluent_kafka import Consumer, Producer

from ordercore.app import OrderCore, WorkOnce
from ordercore.engine.messaging import WorkKind
from ordercore.ports import Batch, Outgoing
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.kafka import KafkaPublisher
from tests.adapters.kafka_desk import consuming, events, published
from tests.adapters.kafka_hosts import OnTopic
from tests.adapters.kafka_server import Broker, quiet
from tests.bench.measure import ROUNDS, compare, told

BATCH = 100
STOCK = 6_000
SECONDS = 1.0


@pytest.fixture
def address(kafka_broker: Broker) -> str:
    """Return the address of the broker."""
    return kafka_broker.address


def _batches(topic: str) -> Iterator[tuple[Outgoing, ...]]:
    for number in count(1):
        first = events(topic, orders=1, each=BATCH)
        yield tuple(
            evolve(each, envelope=evolve(each.envelope, stream=f"s{number}", id=f"s{number}.{n}"))
            for n, each in enumerate(first)
        )


def test_relay(address: str, kafka_broker: Broker) -> None:
    """A hundred events of an order: all produced and flushed, published, and relayed."""
    topic = kafka_broker.topic()
    settings = {"bootstrap.servers": address, "enable.idempotence": True, "acks": "all"}
    bare, publisher = Producer(settings, logger=quiet), KafkaPublisher(address)
    ports = memory.ports(publisher=OnTopic(publisher, topic))
    core, stock = OrderCore(ports), _batches(topic)

    def produce() -> None:
        for each in next(stock):
            bare.produce(topic, key=each.envelope.stream, value=each.envelope.data)
        bare.flush()

    def publish() -> None:
        assert drive(publisher.publish(next(stock))) == BATCH

    def relay() -> None:
        envelopes = tuple(each.envelope for each in next(stock))
        drive(ports.store.commit(Batch(tenant=ONE, outbox=envelopes)))
        assert core.handle(WorkOnce(kinds=(WorkKind.STREAM,))) is not None
        assert drive(ports.outbox.pending(ONE, envelopes[0].stream)) == ()

    for first in (produce, publish, relay):  # connections are made
        first()
    compare(
        "publish a hundred events of an order, per event (bare producer = 1)",
        {
            "bare idempotent producer": produce,
            "KafkaPublisher": publish,
            "relay with outbox, in memory": relay,
        },
        per_call=BATCH,
    )
    publisher.close()


def test_consumer(address: str, kafka_broker: Broker, tmp_path: Path) -> None:
    """One event: polled, taken in with a mark in memory, and with one in SQLite."""
    topic = kafka_broker.topic(partitions=1)
    published(address, events(topic, orders=20, each=STOCK // 20))
    settings = {
        "bootstrap.servers": address,
        "group.id": f"bare {monotonic()}",
        "auto.offset.reset": "earliest",
    }
    bare = Consumer(settings, logger=quiet)
    bare.subscribe([topic])
    sql = sqlalchemy.ports(f"sqlite:///{tmp_path / 'inbox.db'}")

    async def handler(event: object) -> Batch:
        return Batch(tenant=ONE)

    with (
        consuming(address, memory.ports(), topic, handler=handler, group="memory") as in_memory,
        consuming(address, sql, topic, handler=handler, group="SQLite") as in_sqlite,
    ):
        takes: dict[str, Callable[[], object]] = {
            "bare consumer": lambda: bare.poll(1),
            "KafkaConsumer, mark in memory": in_memory.consume_once,
            "KafkaConsumer, mark in SQLite": in_sqlite.consume_once,
        }
        samples: dict[str, list[float]] = {name: [] for name in takes}
        for _ in range(ROUNDS):
            for name, take in takes.items():
                samples[name].append(_seconds_each(take))
    bare.close()
    drive(sqlalchemy.close(sql))
    told("take in one event (bare consumer = 1)", samples)


def _seconds_each(take: Callable[[], object]) -> float:
    """Return seconds for one message, from the second one of a round on."""
    while take() is None:
        pass
    begun, done = monotonic(), 0
    while done < STOCK // ROUNDS - 10 and monotonic() - begun < SECONDS:
        done += take() is not None
    return (monotonic() - begun) / done
