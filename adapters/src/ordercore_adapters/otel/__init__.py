"""OpenTelemetry: trace events of ordercore as spans, a counter and a histogram.

Only the API is needed here. Without an SDK, which the host sets up, everything goes nowhere at next
to no cost. Needs the extra ``otel``.
"""

try:
    import opentelemetry.trace as _trace  # noqa: F401
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "opentelemetry":
        raise
    raise ModuleNotFoundError(
        "OpenTelemetry needs the extra 'otel': pip install 'ordercore-adapters[otel]'",
        name=error.name,
    ) from error

from ordercore_adapters.otel.bounds import BoundedCodes
from ordercore_adapters.otel.telemetry import OtelTelemetry

__all__ = ["BoundedCodes", "OtelTelemetry"]
