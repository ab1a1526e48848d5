"""The consumer: at least once from the broker, exactly one effect in the store.

Offsets are committed after the effect, so a consumer that is killed gets its last events again; the
inbox mark that was committed with each effect turns those away. A message that fails holds up its
partition, and with it the order of its key, until it got through or was given up; then it goes to
the dead-letter topic with the reason, and the partition goes on. Other partitions never wait.

A message that was polled is never let go of: whatever breaks in before it is settled, a
cancellation for example, its partition waits and it is the next one again. The client would
otherwise hand over what is behind it, and committing that offset would commit past the message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import frozen
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as RawMessage

from ordercore.engine.retry import PATIENT, RetryPolicy
from ordercore.kernel.errors import InvalidInput, Suspended
from ordercore.kernel.ids import text_id
from ordercore.ports import Ports
from ordercore_adapters.kafka import _raw
from ordercore_adapters.kafka._dead_letters import DeadLetters, check_whole
from ordercore_adapters.kafka._errands import Errand
from ordercore_adapters.kafka.faults import broker_fault
from ordercore_adapters.kafka.messages import received
from ordercore_adapters.kafka.settings import Settings, client_settings
from ordercore_adapters.kafka.taking import Failure, Handler, Outcome, Taken, is_passing, take

__all__ = ["Handler", "KafkaConsumer"]

T = TypeVar("T")

_LOG = logging.getLogger("ordercore_adapters.kafka")
_OUTAGE_RETRY = timedelta(seconds=5)
_NOT_AN_EVENT = "not_an_event"
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

    One call at a time. Connections belong to the process that made them.
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
        self._dead = DeadLetters(
            bootstrap, consumer=self._name, timeout_s=timeout_s, settings=settings
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ordercore-kafka")
        self._polling = Errand(self._thread, self._next)
        self._settling = Errand(self._thread, self._settle)
        forget = self._forget
        self._consumer.subscribe(list(topics), on_revoke=forget, on_lost=forget)

    def consume_once(self) -> Taken | None:
        """Take the next message in and return what came of it; None when there was none.

        Raises:
            BrokerFault: the broker will not serve this consumer.
            Suspended: the ports are asynchronous ones.
        """
        if self._settling.under_way:
            return self._settling.answer()
        message = self._polling.answer() if self._polling.under_way else self._next()
        if message is None:
            return None
        with self._kept(message):
            return self._settle(message, _drive(self._attempt(message)))

    async def consume_once_async(self) -> Taken | None:
        """Do the same in a running loop: waiting for the broker happens in a thread.

        A call that is cancelled loses nothing: the next one goes on with its message, where the
        handler was interrupted by asking it anew.
        """
        if not self._settling.under_way:
            if not self._polling.under_way:
                self._polling.begin()
            message = await self._polling.answer_async()
            if message is None:
                return None
            with self._kept(message):
                self._settling.begin(message, await self._attempt(message))
        return await self._settling.answer_async()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Take messages in until told to stop; the one in hand is finished."""
        while not stopping():
            self.consume_once()

    def close(self) -> None:
        """Leave the group with the offsets of all that was taken in committed.

        What a cancelled call has left in the thread is waited for.
        """
        self._thread.shutdown()
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
        headers = _raw.headers(message)
        try:
            check_whole(headers)
            event = received(_raw.content(message.value()), headers)
        except InvalidInput as error:
            return Failure(_NOT_AN_EVENT, type(error).__name__, passing=False)
        return await take(
            event, self._handler, ports=self._ports, consumer=self._name, passing=self._passing
        )

    @contextmanager
    def _kept(self, message: RawMessage) -> Iterator[None]:
        """Let the message be the next one again if anything keeps it from being settled."""
        try:
            yield
        except BaseException:
            self._hold(message, self._ports.clock.now(), self._failures(message))
            raise

    def _settle(self, message: RawMessage, result: Outcome | Failure) -> Taken:
        """Go on behind the message, or let its partition wait for it."""
        with self._kept(message):
            failures = self._failures(message)
            if isinstance(result, Outcome):
                self._go_on(message)
                return _taken(message, result, failures=failures)
            failures += not result.passing
            due_at = self._due(result, failures)
            if due_at is None and self._dead.file(message, result, failures):
                self._go_on(message)
                return _taken(message, Outcome.DEAD, result.code, failures)
            self._hold(message, due_at or self._ports.clock.now() + _OUTAGE_RETRY, failures)
            return _taken(message, Outcome.LATER, result.code, failures)

    def _failures(self, message: RawMessage) -> int:
        """Return how many attempts have failed before."""
        return waits.failures if (waits := self._waiting.get(_raw.place(message))) else 0

    def _due(self, failure: Failure, failures: int) -> datetime | None:
        """Return when to try again; None: never."""
        now = self._ports.clock.now()
        if failure.code == _NOT_AN_EVENT:
            return None
        if failure.passing:
            return now + _OUTAGE_RETRY
        return self._retries.next_attempt(failures, now, self._ports.ids.draw())

    def _hold(self, message: RawMessage, due_at: datetime, failures: int) -> None:
        place = _raw.place(message)
        if place not in self._waiting:
            with suppress(KafkaException, RuntimeError):  # taken away from us meanwhile, or closed
                self._consumer.pause([TopicPartition(*place)])
        self._waiting[place] = _Waiting(message=message, due_at=due_at, failures=failures)

    def _go_on(self, message: RawMessage) -> None:
        place = _raw.place(message)
        with suppress(KafkaException):  # taken away from us meanwhile; the next one finds the mark
            self._consumer.store_offsets(message=message)
            if self._waiting.pop(place, None) is not None:
                self._consumer.resume([TopicPartition(*place)])

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


def _taken(message: RawMessage, outcome: Outcome, reason: str = "", failures: int = 0) -> Taken:
    topic, partition = _raw.place(message)
    return Taken(
        topic=topic,
        partition=partition,
        offset=message.offset() or 0,
        outcome=outcome,
        reason=reason,
        failures=failures,
    )


def _drive(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise Suspended(face="consume_once", advice="use consume_once_async in a running loop")
