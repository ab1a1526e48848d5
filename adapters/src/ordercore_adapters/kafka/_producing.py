"""One producer, used by one call at a time and thrown away as soon as it has failed.

The guarantee is about order: an event must not get through when one before it did not. Three
things together give it. One request is under way at a time, so nothing overtakes. Time runs out for
all messages of a call at once, because the client's own limit lies beyond ours and its queue is
emptied when ours is over. And a producer that has failed is never used again, so what is left of
it cannot mix with what is sent later: at worst it repeats a beginning that is sent again anyway.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import takewhile
from threading import Lock
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.kafka.faults import broker_fault
from ordercore_adapters.kafka.messages import Message
from ordercore_adapters.kafka.settings import Settings, client_settings

__all__ = ["Producing"]

_LOG = logging.getLogger("ordercore_adapters.kafka")
_BEYOND_S = 60
_LOOK_S = 0.1


class Producing:
    """Sends messages in order, each call within a time limit."""

    def __init__(
        self,
        bootstrap: str,
        *,
        timeout_s: float,
        settings: Settings | None,
        transactional_id: str | None = None,
    ) -> None:
        self._config = _producer_settings(bootstrap, timeout_s, settings, transactional_id)
        self._timeout_s = timeout_s
        self._atomic = transactional_id is not None
        self._lock = Lock()
        self._begun = False
        try:
            self._producer: Producer | None = self._new()  # a wrong setting shows here
        except KafkaException as error:
            raise InvalidInput(
                field="settings", problem=broker_fault("x", error).broker_code
            ) from None

    def send(self, messages: Sequence[Message]) -> int:
        """Send messages and return how many were acknowledged from the front."""
        if not messages:
            return 0
        with self._lock:
            return self._front(self._attempt(messages, self._until()))

    def send_what_fits(self, forms: Iterable[Message]) -> bool:
        """Send the first form of a message that is not too large; return whether one arrived."""
        with self._lock:
            until = self._until()
            for form in forms:
                attempt = self._attempt([form], until)
                if not attempt.too_large:
                    return attempt.failure is None
        return False

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            self._discard()

    def _new(self) -> Producer:
        return Producer(self._config, logger=_LOG)

    def _until(self) -> float:
        return time.monotonic() + self._timeout_s

    def _attempt(self, messages: Sequence[Message], until: float) -> _Attempt:
        attempt = _Attempt(messages)
        try:
            self._send(attempt, until)
        except KafkaException as error:
            attempt.failure = attempt.failure or error.args[0]
        if attempt.failure is not None:
            self._discard()
            lost = len(messages) - self._front(attempt)
            problem = f"{lost} of {len(messages)} messages were not acknowledged"
            _LOG.warning("%s", broker_fault(problem, attempt.failure))
        return attempt

    def _front(self, attempt: _Attempt) -> int:
        return 0 if self._atomic and attempt.failure is not None else attempt.front()

    def _send(self, attempt: _Attempt, until: float) -> None:
        if self._producer is None:
            self._producer, self._begun = self._new(), False
        producer = self._producer
        if not self._atomic:
            attempt.run(producer, until)
            return
        if not self._begun:  # also ends what a predecessor of this id has left open
            producer.init_transactions(_left(until))
            self._begun = True
        producer.begin_transaction()
        attempt.run(producer, until)
        if attempt.failure is None:
            producer.commit_transaction(_left(until))
        else:
            producer.abort_transaction(_left(until))

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()
            with suppress(KafkaException):
                producer.flush(0)


class _Attempt:
    """The messages of one call, and what has become of each."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._through = [False] * len(messages)
        self._open = 0
        self.failure: KafkaError | None = None

    def run(self, producer: Producer, until: float) -> None:
        """Hand everything to the producer and wait until all is told, or one thing fails."""
        refused: KafkaError | None = None
        for position, message in enumerate(self._messages):
            try:
                self._hand_over(producer, position, message, until)
            except KafkaException as error:  # by the client itself, such as one that is too large
                refused = error.args[0]
            if refused or self.failure:
                break
        while self._open and self.failure is None:
            self._wait(producer, until)
        self.failure = self.failure or refused

    @property
    def too_large(self) -> bool:
        """Whether the size of a message is what stood in the way."""
        return self.failure is not None and self.failure.code() == KafkaError.MSG_SIZE_TOO_LARGE

    def front(self) -> int:
        """Return how many got through before the first that did not."""
        return sum(1 for _ in takewhile(bool, self._through))

    def _hand_over(self, producer: Producer, position: int, message: Message, until: float) -> None:
        while self.failure is None:
            try:
                producer.produce(
                    message.topic,
                    key=message.key,
                    value=message.value,
                    headers=list(message.headers),
                    on_delivery=self._teller(position),
                )
            except BufferError:  # the queue is full: wait for some of it to go
                self._wait(producer, until)
            else:
                self._open += 1
                return

    def _wait(self, producer: Producer, until: float) -> None:
        producer.flush(min(_LOOK_S, _left(until)))  # unlike poll, it sends at once
        if self._open and self.failure is None and time.monotonic() >= until:
            self.failure = KafkaError(KafkaError._MSG_TIMED_OUT)

    def _teller(self, position: int) -> Callable[[KafkaError | None, object], None]:
        def tell(error: KafkaError | None, _message: object) -> None:
            self._open -= 1
            self._through[position] = error is None
            self.failure = self.failure or error

        return tell


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _producer_settings(
    bootstrap: str, timeout_s: float, settings: Settings | None, transactional_id: str | None
) -> dict[str, Any]:
    beyond_ms = int((timeout_s + _BEYOND_S) * 1000)
    own = client_settings(
        bootstrap,
        settings,
        acks="all",
        enable_idempotence=True,
        max_in_flight=1,
        message_timeout_ms=beyond_ms,
    )
    if transactional_id is not None:
        own |= {"transactional.id": transactional_id, "transaction.timeout.ms": beyond_ms}
    return own
