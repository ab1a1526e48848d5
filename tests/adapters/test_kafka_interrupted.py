"""Whatever interrupts the Kafka consumer between the poll and the offset, no event is skipped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from ordercore.engine.retry import RetryPolicy
from ordercore.kernel.errors import Suspended
from ordercore.ports import Batch, Ports
from ordercore_adapters import memory
from ordercore_adapters.kafka import Handler, KafkaConsumer, Message, Outcome, Received, Taken
from tests.adapters.kafka_client import TOPIC, Client, Mailbox, pretend, raw_events
from tests.adapters.kafka_desk import NAME, effects, leaving_a_trace

BOTH = ["order-1.1", "order-1.2"]
Make = Callable[..., KafkaConsumer]


@pytest.fixture
def client() -> Client:
    """Return a client that holds two events of one order."""
    return Client(raw_events(2))


@pytest.fixture
def mailbox() -> Mailbox:
    """Return an empty one."""
    return Mailbox()


@pytest.fixture
def ports() -> Ports:
    """Return an empty store."""
    return memory.ports()


@pytest.fixture
def make(
    client: Client, mailbox: Mailbox, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Make]:
    """Return what makes the consumer of the client, which is closed in the end."""
    pretend(monkeypatch, client, mailbox)
    made: list[KafkaConsumer] = []

    async def tracing(received: Received) -> Batch:
        return await leaving_a_trace(ports, received)

    def one(handler: Handler = tracing) -> KafkaConsumer:
        none = RetryPolicy(name="none", delays_s=())
        consumer = KafkaConsumer(
            "nobody", ports=ports, name=NAME, topics=[TOPIC], handler=handler, retries=none
        )
        made.append(consumer)
        return consumer

    yield one
    for each in made:
        each.close()
    assert client.closed
    assert not client.crowded


async def cancelled(consumer: KafkaConsumer, begun: threading.Event) -> None:
    """Begin a call and cancel it as soon as it has come that far."""
    call = asyncio.create_task(consumer.consume_once_async())
    assert await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def rest(consumer: KafkaConsumer, calls: int = 4) -> list[Taken]:
    """Return what further calls take in."""
    answers = [await consumer.consume_once_async() for _ in range(calls)]
    return [each for each in answers if each is not None]


def places(taken: Iterable[Taken]) -> list[tuple[int, str]]:
    """Return the offsets in order, and what came of each."""
    return [(each.offset, each.outcome.value) for each in taken]


async def test_an_event_whose_handler_is_cancelled_is_the_next_one_again(
    make: Make, client: Client, ports: Ports
) -> None:
    """It is handled before what is behind it, and is not counted as having failed."""
    begun, first = threading.Event(), [True]

    async def handler(received: Received) -> Batch:
        if first:
            first.pop()
            begun.set()
            await asyncio.sleep(60)
        return await leaving_a_trace(ports, received)

    consumer = make(handler)
    await cancelled(consumer, begun)
    assert (client.paused, client.stored) == (True, [])
    taken = await rest(consumer)
    assert places(taken) == [(0, "done"), (1, "done")]
    assert {each.failures for each in taken} == {0}
    assert effects(ports) == BOTH
    assert (client.paused, client.stored) == (False, [1, 2])


@pytest.mark.parametrize("early", [True, False], ids=["after the poll", "while it lasts"])
async def test_a_message_that_was_polled_for_a_cancelled_call_goes_to_the_next(
    make: Make, client: Client, ports: Ports, early: bool
) -> None:
    """The thread that polls is not left to itself, and no second one polls beside it."""
    consumer = make()
    client.open.clear()
    await cancelled(consumer, client.begun)
    if early:
        client.open.set()
        await asyncio.sleep(0.05)
    following = asyncio.create_task(rest(consumer))
    await asyncio.sleep(0.05)
    client.open.set()
    assert places(await following) == [(0, "done"), (1, "done")]
    assert effects(ports) == BOTH


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "in another loop"])
def test_what_a_loop_leaves_behind_is_found_outside_of_it(
    make: Make, client: Client, ports: Ports, blocking: bool
) -> None:
    """A poll outlives the loop it was begun in."""
    consumer = make()
    client.open.clear()
    asyncio.run(cancelled(consumer, client.begun))
    threading.Timer(0.05, client.open.set).start()
    if blocking:
        taken = [each for _ in range(3) if (each := consumer.consume_once())]
    else:
        taken = asyncio.run(rest(consumer))
    assert places(taken) == [(0, "done"), (1, "done")]
    assert effects(ports) == BOTH


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "in a loop"])
async def test_a_dead_letter_under_way_is_filed_once(
    make: Make, client: Client, mailbox: Mailbox, blocking: bool
) -> None:
    """The call after the cancelled one waits for it and tells what came of it."""
    asked: list[str] = []

    async def handler(received: Received) -> Batch:
        asked.append(received.id)
        raise ValueError

    consumer = make(handler)
    mailbox.open.clear()
    await cancelled(consumer, mailbox.begun)
    threading.Timer(0.05, mailbox.open.set).start()
    first = consumer.consume_once() if blocking else await consumer.consume_once_async()
    assert first is not None
    assert places([first]) == [(0, Outcome.DEAD.value)]
    assert places(await rest(consumer)) == [(1, Outcome.DEAD.value)]
    assert (asked, len(mailbox.letters), client.stored) == (BOTH, 2, [1, 2])


async def test_closing_waits_for_a_poll_that_was_left(
    make: Make, client: Client, ports: Ports
) -> None:
    """What it brings is left to the next owner of the partition."""
    consumer = make()
    client.open.clear()
    await cancelled(consumer, client.begun)
    threading.Timer(0.05, client.open.set).start()
    consumer.close()
    assert (client.stored, effects(ports)) == ([], [])


async def test_a_fault_of_a_poll_that_was_left_is_told_to_the_next_call(
    make: Make, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only to that one."""
    faults = [RuntimeError("away")]

    def poll(wait_s: float) -> object:
        if not faults:
            return Client.poll(client, wait_s)
        client.begun.set()
        client.open.wait(10)
        raise faults.pop()

    monkeypatch.setattr(client, "poll", poll)
    consumer = make()
    client.open.clear()
    await cancelled(consumer, client.begun)
    client.open.set()
    with pytest.raises(RuntimeError, match="away"):
        await consumer.consume_once_async()
    assert places(await rest(consumer)) == [(0, "done"), (1, "done")]


@pytest.mark.parametrize("fault", [Suspended, KeyboardInterrupt, SystemExit])
def test_a_blocking_host_that_goes_on_after_a_fault_skips_nothing(
    make: Make, client: Client, ports: Ports, fault: type[BaseException]
) -> None:
    """A handler that awaited something, or an interrupt."""
    first = [True]

    async def handler(received: Received) -> Batch:
        if first:
            first.pop()
            if fault is not Suspended:
                raise fault
            await asyncio.sleep(0)
        return await leaving_a_trace(ports, received)

    consumer = make(handler)
    with pytest.raises(fault):
        consumer.consume_once()
    assert client.stored == []
    taken = [each for _ in range(4) if (each := consumer.consume_once())]
    assert places(taken) == [(0, "done"), (1, "done")]
    assert (effects(ports), client.stored) == (BOTH, [1, 2])


def test_an_interrupt_while_a_dead_letter_is_filed_skips_nothing(
    make: Make, client: Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter is filed by the call after it."""

    def interrupted(_forms: Iterable[Message]) -> bool:
        raise KeyboardInterrupt

    async def handler(_received: Received) -> Batch:
        raise ValueError

    consumer = make(handler)
    with monkeypatch.context() as patch:
        patch.setattr(mailbox, "send_what_fits", interrupted)
        with pytest.raises(KeyboardInterrupt):
            consumer.consume_once()
    taken = [each for _ in range(4) if (each := consumer.consume_once())]
    assert places(taken) == [(0, Outcome.DEAD.value), (1, Outcome.DEAD.value)]
    assert client.stored == [1, 2]
