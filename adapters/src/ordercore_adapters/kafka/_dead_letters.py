"""Dead letters: what no attempt could take in, with the reason, in a topic of its own.

A letter keeps all it had. Where that is more than the topic takes, it goes without its value, or
with nothing but the reason, and says what it lacks: it must not hold its partition up for ever, and
the original is found by the place that it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve
from confluent_kafka import Message as RawMessage

from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.kafka import _raw
from ordercore_adapters.kafka._producing import Producing
from ordercore_adapters.kafka.messages import Message
from ordercore_adapters.kafka.settings import Settings
from ordercore_adapters.kafka.taking import Failure
from ordercore_adapters.kafka.topics import dead_letter_topic

__all__ = ["DeadLetters", "check_whole"]

_OURS = "dead_"
_WITHOUT = "dead_without"
_LARGEST = 1_000_000_000
"""What the client itself lets through at most: the broker decides, unless the host does."""


class DeadLetters:
    """Files the dead letters of one consumer."""

    def __init__(
        self, bootstrap: str, *, consumer: str, timeout_s: float, settings: Settings | None
    ) -> None:
        shared = {"message.max.bytes": _LARGEST, **_shared(settings)}
        self._producing = Producing(bootstrap, timeout_s=timeout_s, settings=shared)
        self._consumer = consumer

    def file(self, message: RawMessage, failure: Failure, failures: int) -> bool:
        """Send a message to its dead-letter topic with the reason; return whether it arrived."""
        topic, partition = _raw.place(message)
        reasons = {
            "reason": failure.code,
            "fault": failure.fault,
            "attempts": failures,
            "consumer": self._consumer,
            "topic": topic,
            "partition": partition,
            "offset": message.offset(),
        }
        added = [(f"{_OURS}{name}", str(value).encode()) for name, value in reasons.items()]
        return self._producing.send_what_fits(_forms(message, added))

    def close(self) -> None:
        """Let go of the connections."""
        self._producing.close()


def check_whole(headers: Iterable[tuple[str, bytes | None]]) -> None:
    """Let everything pass but a dead letter that lacks a part.

    Raises:
        InvalidInput: it lacks one, so what it says is not what was sent.
    """
    if any(name == _WITHOUT for name, _ in headers):
        raise InvalidInput(field=_WITHOUT, problem="the value was left out of this dead letter")


def _forms(message: RawMessage, reasons: list[tuple[str, bytes]]) -> Iterator[Message]:
    """Return the letter whole, then without its value, then with nothing but the reasons."""
    headers = _raw.headers(message)
    kept = [(name, raw) for name, raw in headers if not name.startswith(_OURS)]
    lacking = [(name, raw) for name, raw in headers if name == _WITHOUT]
    whole = Message(
        topic=dead_letter_topic(_raw.place(message)[0]),
        key=_raw.content(message.key()),
        value=_raw.content(message.value()),
        headers=(*kept, *reasons, *lacking),
    )
    yield whole
    yield evolve(whole, value=None, headers=(*kept, *reasons, (_WITHOUT, b"value")))
    bare = (*reasons, (_WITHOUT, b"value key headers"))
    yield evolve(whole, key=None, value=None, headers=bare)


def _shared(settings: Settings | None) -> Settings:
    """Return the settings that concern the connection, which a producer needs as well."""
    own = ("session.", "heartbeat.", "fetch.", "group.", "max.poll.", "auto.", "isolation.")
    return {name: value for name, value in (settings or {}).items() if not name.startswith(own)}
