"""What the telemetry port is told: every use case that has a name, every outside call."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve, frozen, has

from ordercore import app
from ordercore.app import (
    AsyncOrderCore,
    Caller,
    GetOrder,
    GetSaga,
    PlaceOrder,
    ReportProvisioning,
    SubmitOrder,
    WorkOnce,
)
from ordercore.app._calls import _PORTS, TOLD_AS
from ordercore.app._traced import error_of_outcome
from ordercore.app.tracing import SILENT, TRACED
from ordercore.domain.orders import Order
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Unclear
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    OTHER_CODE,
    TraceError,
    TraceErrorKind,
    TraceEvent,
    TraceName,
    TraceOutcome,
)
from ordercore.testing.builders import a_vps, an_order_request
from ordercore_adapters import memory
from tests.unit.app.providers import SECRET, Lost
from tests.unit.app.shop import CUSTOMER, TENANT, Face, Shop, fault_of

Open = Callable[..., Shop]


@pytest.fixture
def traces() -> memory.CollectedTraces:
    """What was told."""
    return memory.CollectedTraces()


@pytest.fixture
def watched(open_shop: Open, traces: memory.CollectedTraces) -> Shop:
    """A shop that somebody looks at."""
    return open_shop(telemetry=traces)


def told(traces: memory.CollectedTraces) -> list[tuple[str, str, str]]:
    """Return name, operation and outcome of what was told since the last look."""
    events, traces.events = traces.events, []
    return [(event.name, event.operation, event.outcome) for event in events]


def errors(traces: memory.CollectedTraces, operation: str) -> list[tuple[str, str]]:
    """Return kind and code of every failure of an operation."""
    return [
        (event.error.kind, event.error.code)
        for event in traces.events
        if event.operation == operation and event.error is not None
    ]


def test_every_use_case_is_told_under_a_name_or_is_silent() -> None:
    """A new one has to be placed in one of the two tables, and only in one."""
    known = {
        member
        for name, member in vars(app).items()
        if name in app.__all__
        and inspect.isclass(member)
        and has(member)
        and inspect.iscoroutinefunction(getattr(member, "run", None))
    }
    assert {kind.__name__ for kind in known} == {kind.__name__ for kind in {*TRACED, *SILENT}}
    assert SILENT.isdisjoint(TRACED)


def test_every_step_with_a_port_is_told_under_a_name() -> None:
    """A new one as well."""
    assert set(TOLD_AS) == set(_PORTS)


def test_the_life_of_an_order_is_told_from_placement_to_delivery(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Each step once, in order, all of them successes."""
    order = watched.paid(a_vps())
    watched.run()
    watched.order(order)
    assert told(traces) == [
        ("order_creation", "PlaceOrder", "success"),
        ("order_creation", "SubmitOrder", "success"),
        ("payment_processing", "ConfirmPayment", "success"),
        ("data_lookup", "live_facts", "success"),
        ("order_fulfillment", "provision.do", "success"),
        ("order_fulfillment", "deliver.do", "success"),
        ("data_lookup", "GetOrder", "success"),
    ]


def test_an_event_says_whose_order_it_was_and_which_request_led_to_it(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Also where only the answer knows the order, and where no request waits."""
    caller = Caller.of(TENANT, "alice", correlation_id="req-7")
    order = watched.place(a_vps(), caller=caller)
    watched.handle(SubmitOrder(caller=caller, order_id=order.id))
    watched.pay(order)
    watched.run()
    assert {event.tenant for event in traces.events} == {TENANT}
    assert {event.order_id for event in traces.events} == {order.id}
    assert [event.correlation_id for event in traces.events] == ["req-7", "req-7", "", "", "", ""]


def test_an_event_says_how_long_it_took(watched: Shop, traces: memory.CollectedTraces) -> None:
    """By the clock of the ports; one that is put back meanwhile makes it nothing, not less."""
    order = watched.paid(a_vps())
    original, steps = watched.cloud.provision, [timedelta(seconds=3), timedelta(seconds=-9)]

    async def slow(request: Any) -> Any:
        watched.clock.set(watched.clock.now() + steps.pop(0))
        return await original(request)

    watched.cloud.provision = slow  # type: ignore[method-assign]
    watched.script.plan("provision 1", Failed(code="busy", reason="try later"))
    started = watched.clock.now()
    watched.run(until=started + timedelta(minutes=1))
    first, second = [event for event in traces.events if event.operation == "provision.do"]
    assert (first.started_at, first.duration) == (started, timedelta(seconds=3))
    assert second.duration == timedelta()
    assert watched.order(order).state == "fulfilled"


def test_a_refusal_is_a_failure_with_its_code(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Failed validation: no order, so none is named."""
    refused = watched.handle(
        PlaceOrder(caller=CUSTOMER, request=an_order_request(a_vps(region=SECRET)))
    )
    assert isinstance(refused, Refusal)
    (event,) = traces.events
    assert event.outcome is TraceOutcome.FAILED
    assert event.error == TraceError(kind=TraceErrorKind.REFUSAL, code="validation_failed")
    assert event.order_id is None
    assert SECRET in repr(refused)
    assert SECRET not in repr(event)


def test_a_fault_is_a_failure_with_its_code(watched: Shop, traces: memory.CollectedTraces) -> None:
    """Not found, and not at the version the caller saw."""
    order = watched.place()
    unknown = GetOrder(caller=CUSTOMER, order_id=OrderId("o-none"))
    stale = SubmitOrder(caller=CUSTOMER, order_id=order.id, expected_version=7)
    for use_case in (unknown, stale):
        fault_of(lambda use_case=use_case: watched.handle(use_case))  # type: ignore[misc]
    assert errors(traces, "GetOrder") == [("fault", "not_found")]
    assert errors(traces, "SubmitOrder") == [("fault", "concurrency_conflict")]
    assert traces.events[1].order_id == "o-none"


@pytest.mark.parametrize("trouble", [ConnectionError, TimeoutError])
def test_of_another_exception_only_the_class_is_told(
    watched: Shop, traces: memory.CollectedTraces, trouble: type[Exception]
) -> None:
    """A database that is away or slow; its text may hold a password."""
    order = watched.place()

    class Away:
        async def get(self, *_: object) -> None:
            raise trouble(f"postgres://u:{SECRET}@db")

    away: Any = Away()
    watched.ports = evolve(watched.ports, orders=away)
    with pytest.raises(trouble):
        watched.order(order)
    assert errors(traces, "GetOrder") == [("unexpected", trouble.__name__)]
    assert SECRET not in repr(traces.events)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Failed(code="busy", reason=SECRET), ("no_effect", "busy")),
        (Rejected(code="insufficient_funds", reason=SECRET), ("refusal", "insufficient_funds")),
        (Rejected(code="invalid_details", reason=SECRET), ("refusal", "invalid_details")),
        (Rejected(code=f"no, {SECRET}!", reason="told you"), ("refusal", OTHER_CODE)),
        (Unclear(reason=SECRET), ("unknown", "unclear")),
        (Lost(), ("unknown", "Lost")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_outside_call_that_did_not_work_is_told_as_what_it_was(
    watched: Shop, traces: memory.CollectedTraces, answer: Any, error: tuple[str, str]
) -> None:
    """A no, a not yet and a nobody knows are three things; no reason is told with them."""
    order = watched.paid(a_vps())
    watched.script.plan("refund", answer)
    watched.cancel(order)
    watched.run()
    assert errors(traces, "refund.do") == [error]
    first = traces.named(TraceName.PAYMENT_PROCESSING)[1]
    assert (first.operation, first.tenant, first.order_id) == ("refund.do", TENANT, order.id)
    assert SECRET not in repr(traces.events)


class GatewayTimeout(Lost):
    """The money went back, and the gateway was too slow to say so."""


def test_a_gateway_that_times_out_is_unknown_and_looked_up(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """The look-up says what became of it; the money moves once."""
    order = watched.paid(a_vps())
    watched.script.plan("refund", GatewayTimeout())
    watched.cancel(order)
    watched.run()
    assert errors(traces, "refund.do") == [("unknown", "GatewayTimeout")]
    assert ("payment_processing", "refund.find", "success") in told(traces)
    assert len(watched.bank.movements) == 1


@pytest.mark.parametrize("trouble", [TimeoutError, ConnectionError])
def test_a_look_up_that_times_out_or_finds_nobody_is_told_and_asked_again(
    watched: Shop, traces: memory.CollectedTraces, trouble: type[Exception]
) -> None:
    """Nothing is decided meanwhile."""
    order = watched.paid(a_vps())
    watched.limits.trouble = trouble(f"at {SECRET}")
    watched.work()
    assert errors(traces, "live_facts") == [("unknown", trouble.__name__)]
    assert watched.order(order).state == "validating"
    watched.limits.trouble = None
    watched.run()
    assert watched.order(order).state == "fulfilled"
    assert SECRET not in repr(traces.events)


def test_an_answer_that_is_none_is_told_as_such(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Whatever a host's adapter hands over."""
    order = watched.paid(a_vps())
    watched.script.plan("refund", True)  # type: ignore[arg-type]
    watched.cancel(order)
    watched.run()
    assert errors(traces, "refund.do") == [("unknown", "no_outcome")]


def test_a_report_counts_by_what_it_says(watched: Shop, traces: memory.CollectedTraces) -> None:
    """A cloud that takes its time is told twice: when it was asked and when it reports."""
    order = watched.paid(a_vps())
    watched.script.plan("provision 1", Accepted())
    watched.work()
    ((_, key, _),) = [call for call in watched.script.calls if call[0] == "provision 1"]
    assert errors(traces, "provision.do") == []
    watched.handle(
        ReportProvisioning(
            caller=Caller.of(TENANT, "cloud", role="system"),
            order_id=order.id,
            key=key,
            attempt=1,
            outcome=Rejected(code="no_capacity", reason="sold out"),
        )
    )
    assert errors(traces, "ReportProvisioning") == [("refusal", "no_capacity")]


def test_a_use_case_without_a_caller_names_its_tenant(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Those for runners of sagas."""
    fault_of(lambda: watched.handle(GetSaga(tenant=TENANT, saga_id=SagaId("s-none"))))
    (event,) = traces.events
    assert (event.name, event.tenant, event.correlation_id) == ("data_lookup", TENANT, "")


def test_a_use_case_derived_from_one_with_a_name_has_that_name(
    watched: Shop, traces: memory.CollectedTraces
) -> None:
    """Its own class is the operation; a host's use case that has none is not told."""

    @frozen(kw_only=True)
    class LookTwice(GetOrder):
        pass

    @frozen(kw_only=True)
    class Wave:
        async def run(self, ports: object) -> str:
            return "hello"

    order = watched.place()
    told(traces)
    watched.handle(LookTwice(caller=CUSTOMER, order_id=order.id))
    assert watched.handle(Wave()) == "hello"
    assert told(traces) == [("data_lookup", "LookTwice", "success")]


def test_idle_workers_tell_nothing(watched: Shop, traces: memory.CollectedTraces) -> None:
    """They ask all day long."""
    assert watched.handle(WorkOnce()) is None
    assert traces.events == []


def test_a_request_that_is_cancelled_is_told_as_interrupted() -> None:
    """Its client went away while a port was waiting."""
    traces = memory.CollectedTraces()
    shop = Shop(telemetry=traces)

    class Waiting:
        async def get(self, *_: object) -> None:
            await asyncio.sleep(3600)

    waiting: Any = Waiting()
    ports = evolve(shop.suspending(), orders=waiting)

    async def give_up() -> None:
        use_case = GetOrder(caller=CUSTOMER, order_id=OrderId("o-1"))
        task = asyncio.create_task(AsyncOrderCore(ports).handle(use_case))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert errors(traces, "GetOrder") == [("interrupted", "CancelledError")]


def test_a_code_that_is_no_plain_name_is_not_told() -> None:
    """A sentence, an empty one, one that goes on and on, something that is no text."""
    for code in ("no money", "", "x" * 65, "a\nb", "7up", 7, None):
        bad: Any = code
        assert TraceError(kind=TraceErrorKind.REFUSAL, code=bad).code == OTHER_CODE
    for good in ("not_found", "ConnectionError", "no-capacity", "err.42", "x" * 64):
        assert TraceError(kind=TraceErrorKind.REFUSAL, code=good).code == good


def test_the_same_life_is_told_alike_under_both_faces() -> None:
    """Sync and async hosts read the same telemetry."""
    said: list[list[TraceEvent]] = []
    for face in Face:
        traces = memory.CollectedTraces()
        shop = Shop(face, telemetry=traces)
        order: Order = shop.paid(a_vps())
        shop.script.plan("provision 1", Failed(code="busy", reason="later"))
        shop.run()
        shop.cancel(shop.place(reference="REF-2"))
        shop.order(order)
        shop.close()
        said.append(traces.events)
    assert said[0] == said[1]


def test_tenants_are_told_apart(watched: Shop, traces: memory.CollectedTraces) -> None:
    """Each event is its own tenant's."""
    other = Caller.of("tenant-b", "bob")
    watched.place()
    watched.place(caller=other)
    assert [event.tenant for event in traces.events] == [TENANT, TenantId("tenant-b")]


def test_absent_counts_as_no_effect() -> None:
    """A look-up that finds nothing is an attempt that had no effect."""
    assert error_of_outcome(Absent()) == TraceError(kind=TraceErrorKind.NO_EFFECT, code="absent")
