"""The Kafka consumer, over the client's own stand-in for a broker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from confluent_kafka import Producer

from ordercore.engine.retry import RetryPolicy
from ordercore.kernel.errors import InvalidInput, Suspended
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts.rows import ONE, OTHER
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import memory
from ordercore_adapters.kafka import (
    BrokerFault,
    KafkaConsumer,
    Outcome,
    Received,
    Taken,
    dead_letter_topic,
)
from tests.adapters.kafka_desk import (
    NAME,
    consuming,
    effects,
    event,
    events,
    leaving_a_trace,
    published,
    read,
    take,
)
from tests.adapters.kafka_server import quiet, topic_name

TWICE = RetryPolicy(name="twice", delays_s=(1, 2))


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def ports(clock: ManualClock) -> Ports:
    """Return an empty store."""
    return memory.ports(clock=clock)


def of_order(number: int, ids: list[str]) -> list[str]:
    """Return those ids that belong to an order."""
    return [id_ for id_ in ids if id_.startswith(f"order-{number}.")]


def by_outcome(taken: list[Taken], outcome: Outcome) -> list[Taken]:
    """Return those with this outcome."""
    return [each for each in taken if each.outcome is outcome]


def test_every_event_has_its_effect_once_and_in_order(kafka_stand_in: str, ports: Ports) -> None:
    """Of several tenants; a second group under the same name only finds repeats."""
    topic = topic_name()
    mine, theirs = events(topic, orders=3, each=4), event(topic, tenant=OTHER)
    published(kafka_stand_in, (*mine, theirs, *mine))
    with consuming(kafka_stand_in, ports, topic) as consumer:
        taken = take(consumer, count=25)
    assert (len(by_outcome(taken, Outcome.DONE)), len(by_outcome(taken, Outcome.REPEATED))) == (
        13,
        12,
    )
    for number in (1, 2, 3):
        assert of_order(number, effects(ports)) == [f"order-{number}.{seq}" for seq in (1, 2, 3, 4)]
    assert effects(ports, OTHER) == ["order-1.1"]
    with consuming(kafka_stand_in, ports, topic, group="again") as consumer:
        assert {each.outcome for each in take(consumer, count=25)} == {Outcome.REPEATED}
    assert len(effects(ports)) == 12


def test_whoever_comes_next_begins_where_the_last_one_closed(
    kafka_stand_in: str, ports: Ports
) -> None:
    """Closing commits the offsets of all that was taken in, and of nothing else."""
    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=1, each=5))
    with consuming(kafka_stand_in, ports, topic) as first:
        take(first, count=2)
    with consuming(kafka_stand_in, ports, topic) as second:
        taken = take(second, count=3)
    assert [each.outcome for each in taken] == [Outcome.DONE] * 3
    assert effects(ports) == [f"order-1.{seq}" for seq in range(1, 6)]


def test_a_failing_event_holds_up_its_own_partition_only(
    kafka_stand_in: str, ports: Ports, clock: ManualClock
) -> None:
    """It is tried again when its time has come; what is behind it waits, the others do not."""
    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=8, each=3))
    failures = iter([KeyError("n"), KeyError("n")])

    async def handler(received: Received) -> Batch:
        if received.id == "order-1.1":
            for failure in failures:
                raise failure
        return await leaving_a_trace(ports, received)

    with consuming(kafka_stand_in, ports, topic, handler=handler, retries=TWICE) as consumer:
        taken = take(consumer, count=1)
        held = next((each for each in taken if each.outcome is Outcome.LATER), None) or take_until(
            consumer, Outcome.LATER
        )
        idle(consumer)
        assert of_order(1, effects(ports)) == []
        assert len(effects(ports)) >= 12
        clock.advance(seconds=1)
        assert take(consumer, count=1)[0].failures == 2
        clock.advance(seconds=1)
        assert consumer.consume_once() is None
        clock.advance(seconds=1)
        assert take(consumer, count=1)[0].outcome is Outcome.DONE
        idle(consumer)
    assert held.reason == "handler_fault"
    assert len(effects(ports)) == 24
    for number in range(1, 9):
        assert of_order(number, effects(ports)) == [f"order-{number}.{seq}" for seq in (1, 2, 3)]


def take_until(consumer: KafkaConsumer, outcome: Outcome) -> Taken:
    """Take messages in until one has this outcome."""
    while True:
        [taken] = take(consumer, count=1)
        if taken.outcome is outcome:
            return taken


def idle(consumer: KafkaConsumer) -> None:
    """Take messages in until there are none for longer than a broker lets a fetch wait (0.5 s)."""
    quiet_calls = 0
    while quiet_calls < 12:
        quiet_calls = 0 if consumer.consume_once() is not None else quiet_calls + 1


def test_an_event_nobody_can_take_in_ends_as_a_dead_letter(
    kafka_stand_in: str, ports: Ports, clock: ManualClock
) -> None:
    """With the reason, under its key; what is no event goes there at once, and the rest goes on."""
    topic = topic_name()
    stranger = Producer({"bootstrap.servers": kafka_stand_in}, logger=quiet)
    stranger.produce(topic, key="order-1", value=b"{}", headers={"dead_reason": b"old"})
    stranger.flush(10)
    published(kafka_stand_in, events(topic, orders=1, each=3))

    async def handler(received: Received) -> Batch:
        if received.seq == 2:
            raise ValueError("a secret")
        return await leaving_a_trace(ports, received)

    def later() -> None:
        clock.advance(seconds=2)

    with consuming(kafka_stand_in, ports, topic, handler=handler, retries=TWICE) as consumer:
        taken = take(consumer, count=6, between=later)
    outcomes = [each.outcome for each in taken]
    assert outcomes == ["dead", "done", "later", "later", "dead", "done"]
    assert effects(ports) == ["order-1.1", "order-1.3"]
    alien, letter = read(kafka_stand_in, dead_letter_topic(topic), count=2)
    reasons = dict(letter.headers() or ())
    assert (letter.key(), letter.value()) == (b"order-1", b'{"n":1,"s":2}')
    assert reasons["ce_id"] == b"order-1.2"
    assert {name: text for name, text in reasons.items() if name.startswith("dead_")} == {
        "dead_reason": b"handler_fault",
        "dead_fault": b"ValueError",
        "dead_attempts": b"3",
        "dead_consumer": NAME.encode(),
        "dead_topic": topic.encode(),
        "dead_partition": str(taken[0].partition).encode(),
        "dead_offset": b"2",
    }
    assert [text for name, text in alien.headers() or () if name == "dead_reason"] == [
        b"not_an_event"
    ]


def test_a_dead_letter_can_be_taken_in_later(
    kafka_stand_in: str, ports: Ports, clock: ManualClock
) -> None:
    """A consumer of the same name reads the dead-letter topic once the cause is mended."""
    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=1, each=1))

    async def broken(_received: Received) -> Batch:
        raise ValueError

    none = RetryPolicy(name="none", delays_s=())
    with consuming(kafka_stand_in, ports, topic, handler=broken, retries=none) as consumer:
        take(consumer, count=1)
    with consuming(kafka_stand_in, ports, dead_letter_topic(topic), group="mended") as consumer:
        assert take(consumer, count=1)[0].outcome is Outcome.DONE
    assert effects(ports) == ["order-1.1"]


def test_an_outage_is_waited_out(kafka_stand_in: str, ports: Ports, clock: ManualClock) -> None:
    """However long: no event is given up because a store was away."""
    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=1, each=2))
    outages = iter(range(20))

    async def handler(received: Received) -> Batch:
        for _ in outages:
            raise BrokerFault(problem="away")
        return await leaving_a_trace(ports, received)

    def later() -> None:
        clock.advance(timedelta(seconds=5))

    with consuming(kafka_stand_in, ports, topic, handler=handler, retries=TWICE) as consumer:
        taken = take(consumer, count=22, between=later)
    assert [each.outcome for each in taken] == [Outcome.LATER] * 20 + [Outcome.DONE] * 2
    assert {each.failures for each in taken} == {0}


async def test_an_async_host_consumes_in_its_loop(kafka_stand_in: str, ports: Ports) -> None:
    """The handler and the store run in the loop, where they may suspend."""
    import asyncio

    topic = topic_name()
    published(kafka_stand_in, events(topic, orders=1, each=2))

    async def handler(received: Received) -> Batch:
        await asyncio.sleep(0)
        return await leaving_a_trace(ports, received)

    with consuming(kafka_stand_in, ports, topic, handler=handler) as consumer:
        while len(effects(ports, ONE)) < 2:
            await consumer.consume_once_async()
    with (
        consuming(kafka_stand_in, ports, topic, handler=handler, group="b") as consumer,
        pytest.raises(Suspended),
    ):
        take(consumer, count=1)


@pytest.mark.parametrize("name", ["group.id", "enable.auto.commit", "enable.auto.offset.store"])
def test_a_setting_that_a_guarantee_hangs_on_cannot_be_given(ports: Ports, name: str) -> None:
    """It is refused by name instead of being overruled in silence."""
    with (
        pytest.raises(InvalidInput, match=name),
        consuming("127.0.0.1:1", ports, "t", settings={name: "x"}),
    ):
        pass


def test_running_ends_when_it_is_told_to(ports: Ports) -> None:
    """Between two messages, within the time one call waits."""
    answers = iter([False, False, True])
    with consuming("127.0.0.1:1", ports, "t") as consumer:
        consumer.run(lambda: next(answers))
    assert list(answers) == []
