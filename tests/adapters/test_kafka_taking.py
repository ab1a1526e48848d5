"""Taking one event in: what the consumer makes of a handler's batch, without any broker."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.app import Caller, OrderCore, UpdateStatus, WithoutMark, WorkOnce
from ordercore.engine.messaging import InboxMark, WorkKind
from ordercore.kernel.errors import ConcurrencyConflict, NotFound
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Outgoing, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, OTHER, an_envelope, new_order
from ordercore_adapters import memory
from ordercore_adapters.kafka import (
    BrokerFault,
    Outcome,
    Received,
    is_passing,
    received,
    to_message,
)
from ordercore_adapters.kafka.taking import Failure, Handler, take
from ordercore_adapters.sqlalchemy import StorageFault, StorageRefused
from tests.adapters.kafka_desk import NAME, effects, event, leaving_a_trace


@pytest.fixture
def ports() -> Ports:
    """Return an empty store."""
    return memory.ports()


def an_event(number: int = 1, seq: int = 1) -> Received:
    """Return an event as it comes in."""
    message = to_message(event("t", number, seq), source="/shop")
    return received(message.value, message.headers)


def taken(ports: Ports, handler: Handler, event: Received | None = None) -> Outcome | Failure:
    """Take an event in."""
    return drive(take(event or an_event(), handler, ports=ports, consumer=NAME, passing=is_passing))


def tracing(ports: Ports) -> Handler:
    """Return a handler that leaves a trace of each event."""

    async def handler(event: Received) -> Batch:
        return await leaving_a_trace(ports, event)

    return handler


def failing(error: Exception) -> Handler:
    """Return a handler that always fails."""

    async def handler(_event: Received) -> Batch | None:
        raise error

    return handler


def test_effect_and_mark_are_written_together(ports: Ports) -> None:
    """The mark bears the source and the id, under the consumer's name."""
    assert taken(ports, tracing(ports)) is Outcome.DONE
    assert effects(ports) == ["order-1.1"]
    assert drive(ports.inbox.seen(ONE, NAME, "/shop order-1.1"))


def test_the_second_time_nothing_is_written(ports: Ports) -> None:
    """And the caller is told that it was a repeat."""
    taken(ports, tracing(ports))
    assert taken(ports, tracing(ports)) is Outcome.REPEATED
    assert effects(ports) == ["order-1.1"]


def test_another_event_of_the_order_is_no_repeat(ports: Ports) -> None:
    """Nor is the same event from another sender."""
    taken(ports, tracing(ports))
    assert taken(ports, tracing(ports), an_event(seq=2)) is Outcome.DONE
    assert taken(ports, tracing(ports), evolve(an_event(), source="/b")) is Outcome.DONE
    assert len(effects(ports)) == 3


def test_a_repeat_is_known_when_its_own_effect_stands_in_its_way(ports: Ports) -> None:
    """Its order exists already: that conflict is met before the mark is looked at."""

    async def placing(event: Received) -> Batch:
        return Batch(tenant=event.tenant, orders=(new_order(),))

    assert taken(ports, placing) is Outcome.DONE
    assert taken(ports, placing) is Outcome.REPEATED
    assert taken(ports, placing, an_event(seq=2)) == Failure(
        "concurrency_conflict", "ConcurrencyConflict", passing=False
    )


def test_a_repeat_is_known_when_the_handler_fails(ports: Ports) -> None:
    """What it led to may have moved on, so its decision no longer makes sense."""
    taken(ports, tracing(ports))
    assert taken(ports, failing(NotFound(kind="order", id="x"))) is Outcome.REPEATED


def test_a_mark_of_the_handlers_own_is_no_repeat(ports: Ports) -> None:
    """A clash of another mark is a failure of this event."""
    own = InboxMark(tenant=ONE, consumer="other", message_id="m")
    drive(ports.store.commit(Batch(tenant=ONE, inbox=(own,))))

    async def handler(event: Received) -> Batch:
        return Batch(tenant=event.tenant, inbox=(own,))

    result = taken(ports, handler)
    assert isinstance(result, Failure)
    assert not drive(ports.inbox.seen(ONE, NAME, "/shop order-1.1"))


def test_a_repeat_finishes_sending_what_the_first_delivery_left_unsent(ports: Ports) -> None:
    """Taken in and sent on are two marks: the effect is not repeated, its event is not lost."""
    sent: list[str] = []

    class Relayed:
        async def publish(self, events: tuple[Outgoing, ...]) -> int:
            sent.extend(event.envelope.id for event in events)
            return len(events)

    async def placing(event: Received) -> Batch:
        return Batch(tenant=event.tenant, orders=(new_order(),), outbox=(an_envelope(),))

    assert taken(ports, placing) is Outcome.DONE  # and then the process died, before its relay ran
    assert taken(ports, placing) is Outcome.REPEATED
    relay = OrderCore(evolve(ports, publisher=Relayed()))
    while relay.handle(WorkOnce(kinds=(WorkKind.STREAM,))) is not None:
        pass
    assert sent == [an_envelope().id]


def test_an_event_that_leads_to_nothing_leaves_nothing(ports: Ports) -> None:
    """Not even a mark: there is no effect to protect."""

    async def handler(_event: Received) -> Batch | None:
        return None

    assert taken(ports, handler) is Outcome.IGNORED
    assert not drive(ports.inbox.seen(ONE, NAME, "/shop order-1.1"))


def test_an_event_cannot_write_for_another_tenant(ports: Ports) -> None:
    """The batch is refused as a whole."""

    async def handler(_event: Received) -> Batch:
        return Batch(tenant=OTHER, orders=(new_order(tenant=OTHER),))

    assert taken(ports, handler) == Failure("invalid_input", "InvalidInput", passing=False)
    assert drive(ports.orders.list(OTHER)) == ()


class Effect:
    """An effect without a mark that answers as it is told."""

    tenant = ONE

    def __init__(self, answer: bool | Refusal, tenant: TenantId = ONE) -> None:
        self.answer, self.tenant, self.times = answer, tenant, 0

    async def bring_about(self, _ports: Ports) -> bool | Refusal:
        """Answer."""
        self.times += 1
        return self.answer

    async def __call__(self, _event: Received) -> Effect:
        """Be what an event leads to."""
        return self


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (True, Outcome.DONE),
        (False, Outcome.REPEATED),
        (
            Refusal(code="too_early", reason="not yet"),
            Failure("too_early", "Refusal", passing=False),
        ),
    ],
    ids=["news", "no news", "refused"],
)
def test_an_effect_that_knows_its_repeats_leaves_no_mark(
    ports: Ports, answer: bool | Refusal, told: Outcome | Failure
) -> None:
    """It is brought about each time, and says itself what came of it."""
    effect = Effect(answer)
    for times in (1, 2):
        assert taken(ports, effect) == told
        assert effect.times == times
    assert not drive(ports.inbox.seen(ONE, NAME, "/shop order-1.1"))


def test_an_effect_of_another_tenant_is_not_brought_about(ports: Ports) -> None:
    """An event writes for its own tenant, marked or not."""
    effect = Effect(True, OTHER)
    assert taken(ports, effect) == Failure("invalid_input", "InvalidInput", passing=False)
    assert effect.times == 0


def test_a_status_update_of_nobodys_order_is_a_failure(ports: Ports) -> None:
    """Not a repeat, although nothing was written."""
    asked = UpdateStatus(
        caller=Caller.of(ONE, "post", role="carrier"), order_id=OrderId("o-9"), trigger="deliver"
    )

    async def handler(_event: Received) -> WithoutMark:
        return WithoutMark(asked)

    assert taken(ports, handler) == Failure("not_found", "NotFound", passing=False)


def test_a_failure_is_told_by_code_and_class_only() -> None:
    """What the fault says may quote what the event holds."""
    result = taken(memory.ports(), failing(ValueError("a secret")))
    assert result == Failure("handler_fault", "ValueError", passing=False)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (BrokerFault(problem="away"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (StorageFault(problem="away"), True),
        (StorageRefused(problem="text fields cannot contain NUL"), False),
        (ConcurrencyConflict(kind="order", id="1"), False),
        (NotFound(kind="order", id="1"), False),
        (KeyError("n"), False),
    ],
)
def test_outages_pass_and_everything_else_is_the_events_own(
    error: Exception, passing: bool
) -> None:
    """An outage is waited out; what is the event's own is given up some day."""
    assert is_passing(error) is passing
    result = taken(memory.ports(), failing(error))
    assert isinstance(result, Failure)
    assert result.passing is passing


def test_an_inbox_that_is_away_is_an_outage(ports: Ports) -> None:
    """Without it nobody can tell a repeat from a failure, so the event has to wait."""

    class Away:
        async def seen(self, *_where: str) -> bool:
            raise BrokerFault(problem="away")

    result = taken(evolve(ports, inbox=Away()), failing(KeyError("n")))
    assert result == Failure("broker_fault", "BrokerFault", passing=True)
