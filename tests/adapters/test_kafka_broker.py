"""What only a real broker can show: transactions, recovery, partitions that change hands."""

from __future__ import annotations

import threading
import time

from confluent_kafka import Consumer

from ordercore.engine.retry import RetryPolicy
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import memory
from ordercore_adapters.kafka import KafkaPublisher, Outcome, Received, create_topics
from tests.adapters.kafka_desk import (
    consuming,
    effects,
    event,
    events,
    leaving_a_trace,
    published,
    read,
    take,
)
from tests.adapters.kafka_server import Broker, quiet, topic_name

ONE_BY_ONE = RetryPolicy(name="one by one", delays_s=(60, 60))


def ids(broker: Broker, topic: str, count: int, **settings: str) -> list[str]:
    """Return the ids of the events in a topic."""
    found = read(broker.address, topic, count=count, patience_s=5, **settings)
    return [str(dict(message.headers() or ())["ce_id"], "ascii") for message in found]


def test_a_publisher_outlives_its_broker(kafka_broker: Broker) -> None:
    """While the broker is away nothing counts; afterwards the same publisher goes on, in order."""
    if not kafka_broker.ours:
        return  # somebody else's broker is left alone
    topic = kafka_broker.topic()
    batch = events(topic, orders=1, each=4)
    publisher = KafkaPublisher(kafka_broker.address, timeout_s=2)
    assert drive(publisher.publish(batch[:1])) == 1
    kafka_broker.stop(kill=True)
    assert drive(publisher.publish(batch[1:])) == 0
    kafka_broker.start()
    until = time.monotonic() + 20
    while (sent := drive(publisher.publish(batch[1:]))) < 3 and time.monotonic() < until:
        pass
    publisher.close()
    assert sent == 3
    assert ids(kafka_broker, topic, 4) == [f"order-1.{seq}" for seq in (1, 2, 3, 4)]


def test_a_transaction_shows_all_of_a_call_or_nothing(kafka_broker: Broker) -> None:
    """One that failed half-way is never read by whoever reads committed events only."""
    topic = kafka_broker.topic(partitions=1)
    broken = event("no/such/topic", 1, 2)
    publisher = KafkaPublisher(kafka_broker.address, transactional_id=f"relay of {topic}")
    assert drive(publisher.publish((event(topic, 1, 1), broken, event(topic, 1, 3)))) == 0
    assert drive(publisher.publish(events(topic, orders=1, each=2))) == 2
    publisher.close()
    assert ids(kafka_broker, topic, 3, isolation_level="read_committed") == [
        "order-1.1",
        "order-1.2",
    ]


def test_a_second_publisher_of_the_same_transactional_id_fences_the_first(
    kafka_broker: Broker,
) -> None:
    """The first one's call counts nothing; it has been replaced."""
    topic = kafka_broker.topic(partitions=1)
    first = KafkaPublisher(kafka_broker.address, transactional_id=f"relay of {topic}")
    second = KafkaPublisher(kafka_broker.address, transactional_id=f"relay of {topic}")
    assert drive(first.publish((event(topic, 1, 1),))) == 1
    assert drive(second.publish((event(topic, 1, 2),))) == 1
    assert drive(first.publish((event(topic, 1, 3),))) == 0
    first.close()
    second.close()
    assert ids(kafka_broker, topic, 3) == ["order-1.1", "order-1.2"]


def test_topics_can_be_made_again(kafka_broker: Broker) -> None:
    """Those that are there stay as they are, and each has its dead-letter topic."""
    name = topic_name()
    create_topics(kafka_broker.address, name, partitions=2, replicas=1)
    create_topics(kafka_broker.address, name, partitions=5, replicas=1)
    client = Consumer({"bootstrap.servers": kafka_broker.address, "group.id": "x"}, logger=quiet)
    known = client.list_topics(timeout=10).topics
    client.close()
    assert (len(known[name].partitions), len(known[f"{name}.dead"].partitions)) == (2, 2)


def test_a_message_that_waits_moves_with_its_partition(kafka_broker: Broker) -> None:
    """Whoever takes the partition over tries it anew, and what was behind it comes behind it."""
    topic = kafka_broker.topic(partitions=1)
    ports = memory.ports(clock=ManualClock())
    published(kafka_broker.address, events(topic, orders=1, each=3))

    async def failing(_received: Received) -> Batch:
        raise ValueError

    options = {"handler": failing, "retries": ONE_BY_ONE}
    with consuming(kafka_broker.address, ports, topic, **options) as first:
        assert take(first, count=1)[0].outcome is Outcome.LATER
        assert first.consume_once() is None
    with consuming(kafka_broker.address, ports, topic) as second:
        take(second, count=3)
    assert effects(ports) == [f"order-1.{seq}" for seq in (1, 2, 3)]


def test_partitions_may_change_hands_at_any_time(kafka_broker: Broker) -> None:
    """Consumers come and go while events flow; each event has one effect, in order."""
    topic = kafka_broker.topic(partitions=6)
    ports = memory.ports()
    address, done = kafka_broker.address, threading.Event()
    wanted = events(topic, orders=10, each=30)

    def steady(ports: Ports = ports) -> None:
        with consuming(address, ports, topic, handler=slowly) as consumer:
            consumer.run(done.is_set)

    async def slowly(received: Received) -> Batch:
        time.sleep(0.005)
        return await leaving_a_trace(ports, received)

    host = threading.Thread(target=steady)
    host.start()
    try:
        for begin in range(0, 300, 100):
            published(address, wanted[begin : begin + 100])
            with consuming(address, ports, topic, handler=slowly) as guest:
                # It may find nothing left to take; what matters is that it joins and goes again.
                leaves = time.monotonic() + 4
                while time.monotonic() < leaves and guest.consume_once() is None:
                    pass
        until = time.monotonic() + 30
        while len(effects(ports)) < 300 and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        done.set()
        host.join()
    for number in range(1, 11):
        mine = [id_ for id_ in effects(ports) if id_.startswith(f"order-{number}.")]
        assert mine == [f"order-{number}.{seq}" for seq in range(1, 31)]
