"""Dead letters that are too large for their topic are filed with less, and hold nothing up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from attrs import evolve
from confluent_kafka import KafkaError, Producer
from confluent_kafka import Message as RawMessage

from ordercore.engine.retry import RetryPolicy
from ordercore.ports import Batch, Ports
from ordercore_adapters import memory
from ordercore_adapters.kafka import Message, Outcome, Received, dead_letter_topic, to_message
from ordercore_adapters.kafka._producing import Producing
from ordercore_adapters.kafka.settings import Settings
from tests.adapters.kafka_client import TOPIC, Client, Mailbox, pretend, raw_events
from tests.adapters.kafka_desk import SOON, consuming, effects, event, leaving_a_trace, read, take
from tests.adapters.kafka_server import quiet, topic_name

NEVER_AGAIN = RetryPolicy(name="none", delays_s=())
SMALL: Settings = {**SOON, "message.max.bytes": 2000}
"""The host's own limit stands in for the broker's, which the stand-in does not have."""


@pytest.fixture
def ports() -> Ports:
    """Return an empty store."""
    return memory.ports()


def sent(address: str, topic: str, *, value: int = 2, header: int = 0) -> None:
    """Send a first event of so many bytes, as a producer does that allows them, and a second."""
    producer = Producer(
        {"bootstrap.servers": address, "message.max.bytes": 10_000_000}, logger=quiet
    )
    for seq, size, beside in ((1, value, header), (2, 2, 0)):
        one = to_message(event(topic, 1, seq), source="/shop")
        headers: dict[str, str | bytes | None] = {**dict(one.headers), "beside": b"h" * beside}
        body = b'"' + b"v" * (size - 2) + b'"'
        producer.produce(topic, key=one.key, value=body, headers=headers)
    assert producer.flush(10) == 0


def buried(address: str, ports: Ports, topic: str, settings: Settings) -> RawMessage:
    """Consume both events, of which the first one fails, and return its dead letter."""

    async def handler(received: Received) -> Batch:
        if received.seq == 1:
            raise ValueError
        return await leaving_a_trace(ports, received)

    with consuming(
        address, ports, topic, handler=handler, retries=NEVER_AGAIN, settings=settings
    ) as consumer:
        taken = take(consumer, count=2)
    assert [each.outcome for each in taken] == [Outcome.DEAD, Outcome.DONE]
    assert effects(ports) == ["order-1.2"]
    [letter] = read(address, dead_letter_topic(topic), count=1)
    return letter


def test_a_letter_is_whole_however_much_the_client_sends_by_default(
    kafka_stand_in: str, ports: Ports
) -> None:
    """Whoever sent the message had raised that limit of a million bytes."""
    topic = topic_name()
    sent(kafka_stand_in, topic, value=1_200_000)
    letter = buried(kafka_stand_in, ports, topic, SOON)
    assert len(letter.value() or b"") == 1_200_000
    assert "dead_without" not in dict(letter.headers() or ())


def test_a_letter_that_is_too_large_goes_without_its_value(
    kafka_stand_in: str, ports: Ports
) -> None:
    """It says so, keeps key and attributes, and its partition goes on."""
    topic = topic_name()
    sent(kafka_stand_in, topic, value=5000)
    letter = buried(kafka_stand_in, ports, topic, SMALL)
    headers = dict(letter.headers() or ())
    assert (letter.key(), letter.value()) == (b"order-1", None)
    assert (headers["ce_id"], headers["dead_without"]) == (b"order-1.1", b"value")
    assert (headers["dead_reason"], headers["dead_offset"]) == (b"handler_fault", b"0")


def test_a_letter_of_large_headers_keeps_only_its_reason(kafka_stand_in: str, ports: Ports) -> None:
    """And the place of the original, which tells all the rest."""
    topic = topic_name()
    sent(kafka_stand_in, topic, header=5000)
    letter = buried(kafka_stand_in, ports, topic, SMALL)
    headers = dict(letter.headers() or ())
    assert (letter.key(), letter.value()) == (None, None)
    assert headers.pop("dead_without") == b"value key headers"
    assert headers["dead_topic"] == topic.encode()
    assert {name.partition("_")[0] for name in headers} == {"dead"}


def test_a_letter_that_lacks_its_value_is_taken_in_by_nobody(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it is not the event that was sent; the letter about it lacks it too."""
    [whole] = raw_events(1)
    lacking = (*whole.raw_headers, ("dead_reason", b"x"), ("dead_without", b"value"))
    client, mailbox = Client([evolve(whole, raw_value=None, raw_headers=lacking)]), Mailbox()
    pretend(monkeypatch, client, mailbox)
    with consuming("nobody", ports, TOPIC) as consumer:
        [taken] = take(consumer, count=1)
    assert (taken.outcome, taken.reason) == (Outcome.DEAD, "not_an_event")
    assert effects(ports) == []
    [letter] = mailbox.letters
    assert letter.headers[-1] == ("dead_without", b"value")
    assert dict(letter.headers)["dead_reason"] == b"not_an_event"


class Refusing:
    """A producer whose broker refuses the first messages, each with the next of these codes."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.sent: list[str] = []
        self._told: list[Callable[[], None]] = []

    def produce(
        self, topic: str, *, on_delivery: Callable[[KafkaError | None, object], None], **_: object
    ) -> None:
        """Send it on its way."""
        self.sent.append(topic)
        error = KafkaError(self.codes.pop(0)) if self.codes else None
        self._told.append(partial(on_delivery, error, None))

    def flush(self, _wait_s: float) -> None:
        """Tell what came of it."""
        while self._told:
            self._told.pop(0)()

    def purge(self) -> None:
        """Forget everything."""


@pytest.mark.parametrize(
    ("codes", "sent", "arrived"),
    [
        ([], ["a"], True),
        ([KafkaError.MSG_SIZE_TOO_LARGE], ["a", "b"], True),
        ([KafkaError.MSG_SIZE_TOO_LARGE] * 2, ["a", "b"], False),
        ([KafkaError._MSG_TIMED_OUT], ["a"], False),
        ([KafkaError.MSG_SIZE_TOO_LARGE, KafkaError._MSG_TIMED_OUT], ["a", "b"], False),
    ],
    ids=["taken", "too large", "both too large", "away", "too large, then away"],
)
def test_less_is_sent_only_where_the_broker_names_the_size(
    monkeypatch: pytest.MonkeyPatch, codes: list[int], sent: list[str], arrived: bool
) -> None:
    """A broker that is away gets the whole letter later."""
    producer = Refusing(*codes)
    monkeypatch.setattr("ordercore_adapters.kafka._producing.Producer", lambda *_, **__: producer)
    forms = [Message(topic=name, key=None, value=None, headers=()) for name in ("a", "b")]
    producing = Producing("nobody", timeout_s=5, settings=None)
    assert producing.send_what_fits(forms) is arrived
    assert producer.sent == sent
