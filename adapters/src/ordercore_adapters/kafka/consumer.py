"""The consumer: at least once from the broker, exactly one effect in the store.

Offsets are committed after the effect, so a consumer that is killed gets its last events again; the
inbox mark that was committed with each effect turns those away. A message that fails holds up its
partition, and with it the order of its key, until it got through or was given up; then it goes to
the dead-letter topic with the reason, and the partition goes on. Other partitions never wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import frozen
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as RawMessage

from ordercore.engine.retry import PATIENT, RetryPolicy
from ordercore.kernel.errors import InvalidInput, Suspended
from ordercore.kernel.ids import text_id
from ordercore.ports import Ports
from ordercore_adapters.kafka._producing import Producing
from ordercore_adapters.kafka.faults import broker_fault
from ordercore_adapters.kafka.messages import Message, received
from ordercore_adapters.kafka.settings import Settings, client_settings
from ordercore_adapters.kafka.taking import Failure, Handler, Outcome, Taken, is_passing, take
from ordercore_adapters.kafka.topics import dead_letter_topic

__all__ = ["Handler", "KafkaConsumer"]

T = TypeVar("T")

_LOG = logging.getLogger("ordercore_adapters.kafka")
_OUTAGE_RETRY = timedelta(seconds=5)
_NOT_AN_EVENT = "not_an_event"
_DEAD = "dead_"
_DEFAULTS: Settings = {
    "auto.commit.interval.ms": 1000,
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": "cooperative-sticky",
}


@frozen(kw_only=True)
class _Waiting:
    """A message that holds up its partition until it is due."""

    message: RawMessage
    due_at: datetime
    failures: int


class KafkaConsumer:
    """Takes the events of some topics in, one per call.

    To be used by one thread at a time. Connections belong to the process that made them.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        ports: Ports,
        name: str,
        topics: Sequence[str],
        handler: Handler,
        group: str | None = None,
        retries: RetryPolicy = PATIENT,
        passing: Callable[[Exception], bool] = is_passing,
        poll_s: float = 0.5,
        timeout_s: float = 10,
        settings: Settings | None = None,
    ) -> None:
        """Prepare the client and join the group; it connects in the background.

        Args:
            bootstrap: Hosts and ports to begin with, separated by commas.
            ports: Where effects and marks go. The blocking calls need ports that never suspend.
            name: Name of this consumer in the inbox; each name has its own marks.
            topics: What to subscribe to.
            handler: Decides what an event leads to.
            group: Consumers of one group share the partitions; ``name`` unless given.
            retries: When to try again, and when to give up, after a failure of the event's own.
            passing: Tells an outage from such a failure; outages are waited out, however long.
            poll_s: Longest time one call waits for a message.
            timeout_s: Longest time a dead letter may take.
            settings: Further settings of the client, such as ``security.protocol``.

        Raises:
            InvalidInput: a setting the client does not know, or that a guarantee depends on.
        """
        self._ports, self._handler = ports, handler
        self._name = text_id(name, field="name")
        self._retries, self._passing, self._poll_s = retries, passing, poll_s
        self._waiting: dict[tuple[str, int], _Waiting] = {}
        self._retried = False
        self._consumer = _new_consumer(bootstrap, group or self._name, settings)
        self._dead = Producing(bootstrap, timeout_s=timeout_s, settings=_shared(settings))
        forget = self._forget
        self._consumer.subscribe(list(topics), on_revoke=forget, on_lost=forget)

    def consume_once(self) -> Taken | None:
        """Take the next message in and return what came of it; None when there was none.

        Raises:
            BrokerFault: the broker will not serve this consumer.
            Suspended: the ports are asynchronous ones.
        """
        message = self._next()
        return self._settle(message, _drive(self._attempt(message))) if message else None

    async def consume_once_async(self) -> Taken | None:
        """Do the same in a running loop: waiting for the broker happens in a thread."""
        message = await asyncio.to_thread(self._next)
        if message is None:
            return None
        result = await self._attempt(message)
        return await asyncio.to_thread(self._settle, message, result)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Take messages in until told to stop; the one in hand is finished."""
        while not stopping():
            self.consume_once()

    def close(self) -> None:
        """Leave the group with the offsets of all that was taken in committed."""
        self._waiting.clear()
        self._consumer.close()
        self._dead.close()

    def _next(self) -> RawMessage | None:
        """Return the message to try next: one whose time has come again, or a new one.

        By turns, so that neither many retries keep us from asking the broker, which would count us
        as gone, nor many new messages keep the old ones waiting.
        """
        now = self._ports.clock.now()
        first = min(self._waiting.values(), key=lambda each: each.due_at, default=None)
        due = first is not None and first.due_at <= now
        self._retried = due and not self._retried
        if first is not None and self._retried:
            return first.message
        wait_s = max(0.0, (first.due_at - now).total_seconds()) if first else self._poll_s
        try:
            message = self._consumer.poll(min(wait_s, self._poll_s))
        except KafkaException as error:
            raise broker_fault("the broker does not serve this consumer", error) from None
        problem = message.error() if message is not None else None
        if problem is None:
            return message
        fault = broker_fault("no message could be read", problem)
        if problem.fatal():
            raise fault
        _LOG.warning("%s", fault)  # the client goes on by itself, for example once a topic is made
        return None

    async def _attempt(self, message: RawMessage) -> Outcome | Failure:
        try:
            event = received(_bytes(message.value()), _headers(message))
        except InvalidInput as error:
            return Failure(_NOT_AN_EVENT, type(error).__name__, passing=False)
        return await take(
            event, self._handler, ports=self._ports, consumer=self._name, passing=self._passing
        )

    def _settle(self, message: RawMessage, result: Outcome | Failure) -> Taken:
        """Go on behind the message, or let its partition wait for it."""
        failures = waits.failures if (waits := self._waiting.get(_place(message))) else 0
        if isinstance(result, Outcome):
            self._go_on(message)
            return _taken(message, result, failures=failures)
        failures += not result.passing
        due_at = self._due(result, failures)
        if due_at is None and self._bury(message, result, failures):
            self._go_on(message)
            return _taken(message, Outcome.DEAD, result.code, failures)
        self._hold(message, due_at or self._ports.clock.now() + _OUTAGE_RETRY, failures)
        return _taken(message, Outcome.LATER, result.code, failures)

    def _due(self, failure: Failure, failures: int) -> datetime | None:
        """Return when to try again; None: never."""
        now = self._ports.clock.now()
        if failure.code == _NOT_AN_EVENT:
            return None
        if failure.passing:
            return now + _OUTAGE_RETRY
        return self._retries.next_attempt(failures, now, self._ports.ids.draw())

    def _hold(self, message: RawMessage, due_at: datetime, failures: int) -> None:
        place = _place(message)
        if place not in self._waiting:
            with suppress(KafkaException):  # taken away from us meanwhile
                self._consumer.pause([TopicPartition(*place)])
        self._waiting[place] = _Waiting(message=message, due_at=due_at, failures=failures)

    def _go_on(self, message: RawMessage) -> None:
        place = _place(message)
        with suppress(KafkaException):  # taken away from us meanwhile; the next one finds the mark
            self._consumer.store_offsets(message=message)
            if self._waiting.pop(place, None) is not None:
                self._consumer.resume([TopicPartition(*place)])

    def _bury(self, message: RawMessage, failure: Failure, failures: int) -> bool:
        """Send the message to the dead-letter topic with the reason; return whether it arrived."""
        topic, partition = _place(message)
        reasons = {
            "reason": failure.code,
            "fault": failure.fault,
            "attempts": failures,
            "consumer": self._name,
            "topic": topic,
            "partition": partition,
            "offset": message.offset(),
        }
        kept = [(name, raw) for name, raw in _headers(message) if not name.startswith(_DEAD)]
        added = [(f"{_DEAD}{name}", str(value).encode()) for name, value in reasons.items()]
        dead = Message(
            topic=dead_letter_topic(topic),
            key=_bytes(message.key()),
            value=_bytes(message.value()),
            headers=(*kept, *added),
        )
        return self._dead.send([dead]) == 1

    def _forget(self, _consumer: object, partitions: list[TopicPartition]) -> None:
        """Drop what waits in partitions that are no longer ours; their next owner gets it."""
        for each in partitions:
            self._waiting.pop((each.topic, each.partition), None)


def _new_consumer(bootstrap: str, group: str, settings: Settings | None) -> Consumer:
    config = client_settings(
        bootstrap,
        {**_DEFAULTS, **(settings or {})},
        group_id=group,
        enable_auto_commit=True,
        enable_auto_offset_store=False,
    )
    try:
        return Consumer(config, logger=_LOG)
    except KafkaException as error:
        code = broker_fault("settings", error).broker_code
        raise InvalidInput(field="settings", problem=code) from None


def _shared(settings: Settings | None) -> Settings:
    """Return the settings that concern the connection, which a producer needs as well."""
    own = ("session.", "heartbeat.", "fetch.", "group.", "max.poll.", "auto.", "isolation.")
    return {name: value for name, value in (settings or {}).items() if not name.startswith(own)}


def _place(message: RawMessage) -> tuple[str, int]:
    topic, partition = message.topic(), message.partition()
    assert topic is not None
    assert partition is not None
    return topic, partition


def _taken(message: RawMessage, outcome: Outcome, reason: str = "", failures: int = 0) -> Taken:
    topic, partition = _place(message)
    return Taken(
        topic=topic,
        partition=partition,
        offset=message.offset() or 0,
        outcome=outcome,
        reason=reason,
        failures=failures,
    )


def _headers(message: RawMessage) -> list[tuple[str, bytes | None]]:
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    return [(name, _bytes(raw)) for name, raw in pairs]


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _drive(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise Suspended(face="consume_once", advice="use consume_once_async in a running loop")
