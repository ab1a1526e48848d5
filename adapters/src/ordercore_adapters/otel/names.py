"""What attributes, instruments and the scope are called; dashboards and alerts go by these names.

``error.type`` is OpenTelemetry's own; all others are ordercore's, below its own prefix.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "CORRELATION_ID",
    "DURATION",
    "DURATION_BUCKETS_S",
    "ERROR_KIND",
    "ERROR_TYPE",
    "EVENT",
    "OPERATION",
    "OPERATIONS",
    "ORDER_ID",
    "OUTCOME",
    "SCOPE",
    "TENANT",
]

SCOPE: Final = "ordercore"
"""Instrumentation scope of spans and instruments."""

EVENT: Final = "ordercore.event"
OUTCOME: Final = "ordercore.outcome"
ERROR_TYPE: Final = "error.type"
"""These three are on spans and on metrics: each has few values."""

OPERATION: Final = "ordercore.operation"
ERROR_KIND: Final = "ordercore.error.kind"
TENANT: Final = "ordercore.tenant"
ORDER_ID: Final = "ordercore.order.id"
CORRELATION_ID: Final = "ordercore.correlation_id"
"""These five are on spans alone: on a metric, each order would be a time series of its own."""

OPERATIONS: Final = "ordercore.operations"
DURATION: Final = "ordercore.operation.duration"

DURATION_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""From a look into memory to a provider that takes its time; views of the host's SDK go first."""
