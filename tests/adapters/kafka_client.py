"""A Kafka client that only pretends: a partition of events, and a record of what was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from attrs import frozen
from confluent_kafka import TopicPartition

from ordercore_adapters.kafka import Message, to_message
from tests.adapters.kafka_desk import event

__all__ = ["TOPIC", "Client", "Mailbox", "Raw", "pretend", "raw_events"]

TOPIC = "events"


@frozen(kw_only=True)
class Raw:
    """A message as the client hands it over."""

    at: int = 0
    raw_headers: tuple[tuple[str, bytes | None], ...] = ()
    raw_value: bytes | None = b"{}"

    def topic(self) -> str:
        """Return where it came from."""
        return TOPIC

    def partition(self) -> int:
        """Return the only one."""
        return 0

    def offset(self) -> int:
        """Return its place in the partition."""
        return self.at

    def error(self) -> None:
        """Return that nothing is wrong."""

    def key(self) -> bytes:
        """Return the order."""
        return b"order-1"

    def value(self) -> bytes | None:
        """Return the body."""
        return self.raw_value

    def headers(self) -> list[tuple[str, bytes | None]]:
        """Return the attributes."""
        return list(self.raw_headers)


def raw_events(count: int) -> list[Raw]:
    """Return the first events of an order."""
    sent = [to_message(event(TOPIC, 1, seq), source="/shop") for seq in range(1, count + 1)]
    return [
        Raw(at=at, raw_headers=each.headers, raw_value=each.value) for at, each in enumerate(sent)
    ]


class Client:
    """Hands over what it holds, in order, unless the partition is paused.

    Attributes:
        stored: Offsets that would be committed.
        crowded: Whether two threads were ever in a call at once.
        open: Cleared, polls wait until it is set again.
        begun: Set by each poll that begins.
    """

    def __init__(self, messages: Iterable[Raw]) -> None:
        self._messages = list(messages)
        self._inside = threading.Lock()
        self.paused, self.closed, self.crowded = False, False, False
        self.stored: list[int] = []
        self.open, self.begun = threading.Event(), threading.Event()
        self.open.set()

    def subscribe(self, _topics: list[str], **_callbacks: Callable[..., None]) -> None:
        """Hold the partition from now on."""

    def poll(self, _wait_s: float) -> Raw | None:
        """Return the next message."""
        self._alone(self._inside.acquire(blocking=False))
        self.begun.set()
        self.open.wait(10)
        found = None if self.paused or not self._messages else self._messages.pop(0)
        self._inside.release()
        return found

    def store_offsets(self, *, message: Any) -> None:
        """Remember how far it got."""
        self.stored.append(message.offset() + 1)

    def pause(self, _where: list[TopicPartition]) -> None:
        """Hand nothing over for a while."""
        self.paused = True

    def resume(self, _where: list[TopicPartition]) -> None:
        """Go on."""
        self.paused = False

    def close(self) -> None:
        """End; no thread may still be in a poll then."""
        self._alone(not self._inside.locked())
        self.closed = True

    def _alone(self, alone: bool) -> None:
        self.crowded = self.crowded or not alone
        assert alone, "two threads at once"


class Mailbox:
    """Where dead letters go, in place of a broker.

    Attributes:
        open: Cleared, a letter waits until it is set again.
        begun: Set once a letter is on its way.
    """

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.open, self.begun = threading.Event(), threading.Event()
        self.open.set()

    def send_what_fits(self, forms: Iterable[Message]) -> bool:
        """Take the first."""
        self.begun.set()
        assert self.open.wait(10)
        self.letters.append(next(iter(forms)))
        return True

    def close(self) -> None:
        """End."""


def pretend(monkeypatch: pytest.MonkeyPatch, client: Client, mailbox: Mailbox) -> None:
    """Let every consumer that is made from now on use these two."""
    kafka = "ordercore_adapters.kafka"
    monkeypatch.setattr(f"{kafka}.consumer.Consumer", lambda *_, **__: client)
    monkeypatch.setattr(f"{kafka}._dead_letters.Producing", lambda *_, **__: mailbox)
