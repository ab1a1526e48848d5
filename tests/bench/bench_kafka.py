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
from tests.bench.measure import compare

BATCH = 100
STOCK = 6_000


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
    rates: dict[str, float] = {"bare consumer": _rate(lambda: bare.poll(1))}
    bare.close()
    sql = sqlalchemy.ports(f"sqlite:///{tmp_path / 'inbox.db'}")
    for name, ports in (("mark in memory", memory.ports()), ("mark in SQLite", sql)):

        async def handler(event: object) -> Batch:
            return Batch(tenant=ONE)

        with consuming(address, ports, topic, handler=handler, group=name) as consumer:
            rates[f"KafkaConsumer, {name}"] = _rate(consumer.consume_once)
    drive(sqlalchemy.close(sql))
    print("\ntake in one event (bare consumer = 1), one run")
    for name, rate in rates.items():
        print(f"  {name:<52} {rate:>12,.0f}/s   time x{rates['bare consumer'] / rate:7.2f}")


def _rate(take: Callable[[], object], *, seconds: float = 3) -> float:
    """Return messages per second from the second message on; stops when the stock is used up."""
    while take() is None:
        pass
    begun, done = monotonic(), 0
    while done < STOCK - 10 and monotonic() - begun < seconds:
        done += take() is not None
    return done / (monotonic() - begun)
