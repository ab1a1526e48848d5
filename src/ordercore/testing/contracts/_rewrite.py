"""Ask pytest for detailed messages when an assertion of a suite fails.

Imported before the suites, because what is already imported can no longer be rewritten.
"""

from __future__ import annotations

import pytest

_SUITES = (
    "commits",
    "fulfilment",
    "gateway",
    "leases",
    "locks",
    "rate_limits",
    "readers",
    "requests",
    "rows",
    "series",
    "services",
    "stock",
    "store",
    "subject",
    "telemetry",
    "updates",
)

pytest.register_assert_rewrite(*(f"ordercore.testing.contracts.{name}" for name in _SUITES))
