"""Taking one event in: the effect and the mark in one transaction, or a reason why not.

An effect that knows its own repeats needs no mark, and is brought about as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum

from attrs import evolve, frozen

from ordercore.engine.messaging import InboxMark
from ordercore.kernel.errors import InvalidInput, OrderCoreError
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports, RepeatableEffect
from ordercore_adapters.kafka.messages import Received

__all__ = ["Failure", "Handler", "Outcome", "Taken", "is_passing", "take"]

Handler = Callable[[Received], Awaitable[Batch | RepeatableEffect | None]]
"""Decides what an event leads to; None: nothing. It must have no effect itself.

A batch is committed with the mark of the event. What may be repeated, such as
`ordercore.app.WithoutMark`, leaves no mark.
"""

_UNAVAILABLE = 503


class Outcome(StrEnum):
    """What came of a message."""

    DONE = "done"
    IGNORED = "ignored"
    REPEATED = "repeated"
    LATER = "later"
    DEAD = "dead"


@frozen(kw_only=True)
class Taken:
    """One message that was looked at.

    Attributes:
        outcome: ``later`` means that its partition waits for it; ``dead``, that it went to the
            dead-letter topic.
        reason: Code of what stood in the way, empty otherwise.
        failures: Attempts that have failed so far.
    """

    topic: str
    partition: int
    offset: int
    outcome: Outcome
    reason: str = ""
    failures: int = 0


@frozen
class Failure:
    """Why an event could not be taken in.

    Attributes:
        passing: The cause will pass by itself, so waiting helps and giving up does not.
    """

    code: str
    fault: str
    passing: bool


def is_passing(error: Exception) -> bool:
    """Return whether a fault is an outage: a store or service that is away, not a bad event."""
    if isinstance(error, OrderCoreError):
        return error.http_hint == _UNAVAILABLE
    return isinstance(error, OSError)


async def take(
    event: Received,
    handler: Handler,
    *,
    ports: Ports,
    consumer: str,
    passing: Callable[[Exception], bool],
) -> Outcome | Failure:
    """Let the handler decide, and commit its batch with the mark of the event, or do as it says."""
    mark = InboxMark(tenant=event.tenant, consumer=consumer, message_id=event.message_id)
    try:
        decided = await handler(event)
        if decided is None:
            return Outcome.IGNORED
        if decided.tenant != event.tenant:
            raise InvalidInput(field="batch", problem="is of another tenant than the event")
        if not isinstance(decided, Batch):
            return _told(await decided.bring_about(ports))
        await ports.store.commit(evolve(decided, inbox=(*decided.inbox, mark)))
    except Exception as error:
        return await _explain(error, mark, ports=ports, passing=passing)
    return Outcome.DONE


def _told(answer: bool | Refusal) -> Outcome | Failure:
    if isinstance(answer, Refusal):  # too early, perhaps; it is tried again for a while
        return Failure(answer.code, type(answer).__name__, passing=False)
    return Outcome.DONE if answer else Outcome.REPEATED


async def _explain(
    error: Exception, mark: InboxMark, *, ports: Ports, passing: Callable[[Exception], bool]
) -> Outcome | Failure:
    """Tell a repeat from a failure.

    An event that was taken in before can fail in any way, since what it led to stands in its way.
    """
    try:
        if await ports.inbox.seen(mark.tenant, mark.consumer, mark.message_id):
            return Outcome.REPEATED
    except Exception as away:
        error = away
    code = error.code if isinstance(error, OrderCoreError) else "handler_fault"
    return Failure(code, type(error).__name__, passing(error))
