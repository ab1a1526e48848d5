"""Trace events as OpenTelemetry spans and metrics, with the SDK's exporters in memory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from ordercore.app import AsyncOrderCore, Caller, GetOrder, SubmitOrder
from ordercore.engine.saga import Failed, Rejected
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import OTHER_CODE, TraceError, TraceErrorKind, TraceEvent, TraceName
from ordercore.testing.builders import a_vps
from ordercore.testing.contracts import Subject, TelemetryContract, drive
from ordercore_adapters import memory
from ordercore_adapters.bridges import offload
from ordercore_adapters.otel import BoundedCodes, OtelTelemetry, names
from tests.unit.app.providers import SECRET, Lost
from tests.unit.app.shop import TENANT, Face, Shop, fault_of

AT = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)


@define
class Watch:
    """An SDK whose exporters keep everything."""

    spans: InMemorySpanExporter
    metrics: InMemoryMetricReader
    tracers: TracerProvider
    meters: MeterProvider

    def telemetry(self, codes: BoundedCodes | None = None) -> OtelTelemetry:
        """Return the adapter over this SDK."""
        return OtelTelemetry(tracer_provider=self.tracers, meter_provider=self.meters, codes=codes)

    def named(self, name: str) -> list[ReadableSpan]:
        """Return the spans of that name, in order."""
        return [span for span in self.spans.get_finished_spans() if span.name == name]

    def points(self, instrument: str) -> list[Any]:
        """Return what an instrument has counted or measured so far, by its labels."""
        data = self.metrics.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == instrument
            for point in metric.data.data_points
        ]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """An SDK of its own for each test; nothing global is set."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    yield Watch(spans, reader, tracers, meters)
    tracers.shutdown()
    meters.shutdown()


@pytest.fixture(params=list(Face), ids=lambda face: face.value)
def shop(request: pytest.FixtureRequest, watch: Watch) -> Iterator[Shop]:
    """A shop under each face whose telemetry goes there."""
    made = Shop(request.param, telemetry=watch.telemetry())
    yield made
    made.close()


def an_event(**changes: Any) -> TraceEvent:
    """Return a successful look-up that took a quarter of a second."""
    usual: dict[str, Any] = {
        "name": TraceName.DATA_LOOKUP,
        "operation": "GetOrder",
        "tenant": TenantId("tenant-a"),
        "started_at": AT,
        "duration": timedelta(milliseconds=250),
    }
    return TraceEvent(**{**usual, **changes})


def refused(code: str) -> TraceError:
    """Return a refusal."""
    return TraceError(kind=TraceErrorKind.REFUSAL, code=code)


class TestOtelTelemetry(TelemetryContract):
    """It is cheap, never raises, and answers nothing."""

    @pytest.fixture
    def subject(self, watch: Watch) -> Subject:
        """Return a bundle that tells this SDK; all else is in memory."""
        return Subject(memory.ports(telemetry=watch.telemetry()), drive)


class TestOtelTelemetryWithoutSdk(TelemetryContract):
    """Where the host set nothing up, everything goes nowhere."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Return a bundle that tells the API's own nothing."""
        return Subject(memory.ports(telemetry=OtelTelemetry()), drive)


def test_an_event_becomes_a_span_with_its_own_times(watch: Watch) -> None:
    """To the microsecond, and with nothing that was not told."""
    watch.telemetry().emit(an_event())
    (span,) = watch.spans.get_finished_spans()
    assert span.name == "data_lookup"
    assert span.start_time == int(AT.replace(microsecond=0).timestamp()) * 10**9 + 123_456_000
    assert span.end_time == span.start_time + 250_000_000
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        names.EVENT: "data_lookup",
        names.OUTCOME: "success",
        names.OPERATION: "GetOrder",
        names.TENANT: "tenant-a",
    }


def test_a_failure_has_a_status_and_a_type(watch: Watch) -> None:
    """With order and correlation, where they are known."""
    watch.telemetry().emit(
        an_event(
            order_id=OrderId("o-1"), correlation_id="req-1", error=refused("insufficient_funds")
        )
    )
    (span,) = watch.spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "insufficient_funds"
    assert dict(span.attributes or {}) == {
        names.EVENT: "data_lookup",
        names.OUTCOME: "failed",
        names.OPERATION: "GetOrder",
        names.TENANT: "tenant-a",
        names.ORDER_ID: "o-1",
        names.CORRELATION_ID: "req-1",
        names.ERROR_TYPE: "insufficient_funds",
        names.ERROR_KIND: "refusal",
    }
    assert span.events == ()


def test_a_span_belongs_to_the_request_that_is_current(watch: Watch) -> None:
    """In the sync face; what a worker does stands alone."""
    shop = Shop(telemetry=watch.telemetry())
    order = shop.paid(a_vps())
    with watch.tracers.get_tracer("host").start_as_current_span("GET /orders") as request:
        shop.order(order)
    shop.run()
    (looked,) = [span for span in watch.named("data_lookup") if _is(span, "GetOrder")]
    (built,) = [span for span in watch.named("order_fulfillment") if _is(span, "provision.do")]
    assert looked.parent == request.get_span_context()
    assert built.parent is None


async def test_requests_at_the_same_time_keep_their_spans_apart(watch: Watch) -> None:
    """In the async face, over ports that suspend and over ports in threads."""
    shop = Shop(telemetry=watch.telemetry())
    order = shop.place(a_vps())
    tracer, mine = watch.tracers.get_tracer("host"), dict[str, Any]()

    async def request(number: int) -> None:
        ports = offload(shop.ports) if number % 2 else shop.suspending()
        caller = Caller.of(TENANT, "alice", correlation_id=f"req-{number}")
        with tracer.start_as_current_span("GET /orders") as span:
            mine[f"req-{number}"] = span.get_span_context()
            await AsyncOrderCore(ports).handle(GetOrder(caller=caller, order_id=order.id))

    await asyncio.gather(*(request(number) for number in range(6)))
    looks = watch.named("data_lookup")
    found = {(span.attributes or {})[names.CORRELATION_ID]: span.parent for span in looks}
    assert found == mine
    assert len(mine) == 6


def _is(span: ReadableSpan, operation: str) -> bool:
    return (span.attributes or {})[names.OPERATION] == operation


def test_an_order_can_be_followed_from_span_to_span(shop: Shop, watch: Watch) -> None:
    """By its id, through requests and workers alike."""
    order = shop.paid(a_vps())
    shop.run()
    told = [
        (span.name, (span.attributes or {})[names.OPERATION])
        for span in watch.spans.get_finished_spans()
        if (span.attributes or {}).get(names.ORDER_ID) == order.id
    ]
    assert told == [
        ("order_creation", "PlaceOrder"),
        ("order_creation", "SubmitOrder"),
        ("payment_processing", "ConfirmPayment"),
        ("data_lookup", "live_facts"),
        ("order_fulfillment", "provision.do"),
        ("order_fulfillment", "deliver.do"),
    ]


def test_metrics_count_and_time_by_name_outcome_and_code_alone(shop: Shop, watch: Watch) -> None:
    """No tenant, no order, no request: those would be a time series each."""
    for number in range(3):
        caller = Caller.of(TENANT, "alice", correlation_id=f"req-{number}")
        shop.place(a_vps(), caller=caller, reference=f"REF-{number}")
        use_case = GetOrder(caller=caller, order_id=OrderId(f"o-{number}"))
        fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc]
    counted = {tuple(sorted(p.attributes.items())): p.value for p in watch.points(names.OPERATIONS)}
    assert counted == {
        ((names.EVENT, "order_creation"), (names.OUTCOME, "success")): 3,
        (
            (names.ERROR_TYPE, "not_found"),
            (names.EVENT, "data_lookup"),
            (names.OUTCOME, "failed"),
        ): 3,
    }
    timed: list[HistogramDataPoint] = watch.points(names.DURATION)
    assert {tuple(sorted((p.attributes or {}).items())) for p in timed} == set(counted)
    assert {point.count for point in timed} == {3}


def test_durations_are_seconds_in_buckets_that_tell_a_pause_from_a_time_out(watch: Watch) -> None:
    """The SDK's own buckets are made for milliseconds."""
    watch.telemetry().emit(an_event(duration=timedelta(milliseconds=40)))
    watch.telemetry().emit(an_event(duration=timedelta(seconds=20)))
    (point,) = watch.points(names.DURATION)
    assert point.sum == pytest.approx(20.04)
    assert tuple(point.explicit_bounds) == names.DURATION_BUCKETS_S
    assert sum(1 for count in point.bucket_counts if count) == 2


def test_codes_that_never_end_become_one(watch: Watch) -> None:
    """A provider's adapter that makes up a code each time fills no memory; spans keep the code."""
    telemetry = watch.telemetry(BoundedCodes(3))
    for number in range(50):
        telemetry.emit(an_event(error=refused(f"code_{number}")))
    counted = {p.attributes[names.ERROR_TYPE]: p.value for p in watch.points(names.OPERATIONS)}
    assert counted == {"code_0": 1, "code_1": 1, "code_2": 1, OTHER_CODE: 47}
    assert (watch.spans.get_finished_spans()[-1].attributes or {})[names.ERROR_TYPE] == "code_49"


def test_the_limit_of_codes_holds_among_threads() -> None:
    """Many newcomers at once; a known code keeps its name."""
    codes, go = BoundedCodes(5), threading.Barrier(8)
    named: set[str] = set()

    def ask(first: int) -> None:
        go.wait()
        named.update(codes.named(f"code_{first + number}") for number in range(200))

    threads = [threading.Thread(target=ask, args=(200 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert OTHER_CODE in named
    assert len(named - {OTHER_CODE}) == 5
    assert {codes.named(code) for code in named} == named


@pytest.mark.parametrize("limit", [0, -1, True, "3", None])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidInput, match="1 or more"):
        BoundedCodes(limit)


def test_no_secret_is_in_a_span_or_a_metric(shop: Shop, watch: Watch) -> None:
    """Credentials, reasons, texts of exceptions, tokens in what a customer asks for."""
    order = shop.paid(a_vps())
    shop.script.plan("provision 1", Failed(code="busy", reason=f"token {SECRET}"), Lost(), Lost())
    shop.limits.trouble = ConnectionError(f"https://u:{SECRET}@capacity")
    shop.work()
    shop.limits.trouble = None
    shop.run()
    shop.script.plan("refund", Rejected(code=f"no: {SECRET}", reason=SECRET))
    fault_of(
        lambda: shop.handle(
            SubmitOrder(caller=Caller.of(TENANT, SECRET), order_id=order.id, expected_version=99)
        )
    )
    shop.cancel(shop.paid(a_vps(), reference="REF-2"), reason=f"my password is {SECRET}")
    shop.run()
    spans = [span.to_json() for span in watch.spans.get_finished_spans()]
    data = watch.metrics.get_metrics_data()
    assert data is not None
    seen = "".join(spans) + data.to_json()
    assert order.id in seen
    assert {"busy", "Lost", "ConnectionError", OTHER_CODE} <= {
        str((span.attributes or {}).get(names.ERROR_TYPE))
        for span in watch.spans.get_finished_spans()
    }
    assert SECRET not in seen


class _Failing(SpanExporter):
    """An exporter that breaks."""

    def __init__(self) -> None:
        self.asked = 0

    def export(self, spans: Any) -> SpanExportResult:
        """Raise."""
        self.asked += 1
        raise RuntimeError("no collector")


@pytest.mark.parametrize("face", list(Face), ids=lambda face: face.value)
def test_an_exporter_that_breaks_fails_no_order(face: Face) -> None:
    """Even one that is run in the middle of the work."""
    exporter, tracers = _Failing(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    shop = Shop(face, telemetry=OtelTelemetry(tracer_provider=tracers))
    order = shop.paid(a_vps())
    shop.run()
    assert shop.order(order).state == "fulfilled"
    assert shop.violations(order.id) == []
    assert exporter.asked == 7
    shop.close()
    tracers.shutdown()


def test_without_the_library_the_extra_is_named() -> None:
    """Importing the adapter says what to install."""
    code = "import sys; sys.modules['opentelemetry'] = None; import ordercore_adapters.otel"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "pip install 'ordercore-adapters[otel]'" in ran.stderr


def test_the_sdk_is_not_needed_to_import_it() -> None:
    """Only the API is a requirement of the extra."""
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from ordercore_adapters.otel import OtelTelemetry; OtelTelemetry()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
