"""Named checks over facts, run together: all findings, one record per check."""

from __future__ import annotations

from ordercore.engine.checks.rule import Rule, Severity
from ordercore.engine.checks.runner import (
    CheckOutcome,
    CheckPlan,
    CheckRecord,
    CheckRun,
    plan_checks,
    run,
)

__all__ = [
    "CheckOutcome",
    "CheckPlan",
    "CheckRecord",
    "CheckRun",
    "Rule",
    "Severity",
    "plan_checks",
    "run",
]
