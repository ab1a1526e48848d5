"""Trace events as spans and metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from opentelemetry import metrics, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Status, StatusCode, TracerProvider

from ordercore.ports import TraceEvent
from ordercore_adapters.otel import names
from ordercore_adapters.otel.bounds import BoundedCodes

__all__ = ["OtelTelemetry"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class OtelTelemetry:
    """A `TelemetryPort` that makes a span of each event, and counts and times them.

    A span belongs to the trace that is current where the use case was asked for, such as that of
    the host's request; a worker's spans stand alone. Exporting is the business of the SDK: give it
    a processor that works in the background.

    Args:
        tracer_provider: Where spans go; the global one unless given.
        meter_provider: Where metrics go; the global one unless given.
        codes: How many error codes metrics tell apart.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        codes: BoundedCodes | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(names.SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(names.SCOPE, meter_provider=meter_provider)
        self._operations = meter.create_counter(
            names.OPERATIONS, unit="{operation}", description="Use cases and outside calls."
        )
        self._duration = meter.create_histogram(
            names.DURATION,
            unit="s",
            description="How long use cases and outside calls took.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS_S,
        )
        self._codes = codes or BoundedCodes()

    def emit(self, event: TraceEvent) -> None:
        """Hand the event to the SDK as a span that has ended, and to the two instruments."""
        self._span(event)
        labels = _labels(event)
        if event.error is not None:
            labels[names.ERROR_TYPE] = self._codes.named(event.error.code)
        self._operations.add(1, labels)
        self._duration.record(event.duration.total_seconds(), labels)

    def _span(self, event: TraceEvent) -> None:
        span = self._tracer.start_span(
            event.name.value,
            attributes=_attributes(event),
            start_time=_nanoseconds(event.started_at),
        )
        if event.error is not None:  # success needs no status: OK is for people to set
            span.set_status(Status(StatusCode.ERROR, event.error.code))
        span.end(_nanoseconds(event.started_at + event.duration))


def _labels(event: TraceEvent) -> dict[str, str]:
    return {names.EVENT: event.name.value, names.OUTCOME: event.outcome.value}


def _attributes(event: TraceEvent) -> dict[str, str]:
    attributes = _labels(event) | {
        names.OPERATION: event.operation,
        names.TENANT: event.tenant,
    }
    if event.order_id is not None:
        attributes[names.ORDER_ID] = event.order_id
    if event.correlation_id:
        attributes[names.CORRELATION_ID] = event.correlation_id
    if event.error is not None:
        attributes[names.ERROR_TYPE] = event.error.code
        attributes[names.ERROR_KIND] = event.error.kind.value
    return attributes


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND * 1000
