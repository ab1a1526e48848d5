"""Lifecycles as tables: define one, step through it, watch its clocks, compare versions."""

from __future__ import annotations

from ordercore.engine.lifecycle._machine import Oracle, as_machine, mermaid, oracle
from ordercore.engine.lifecycle.check import problems_of, require_guards
from ordercore.engine.lifecycle.diff import LifecycleDiff, RowChange, diff
from ordercore.engine.lifecycle.step import Guard, allowed, allowed_now, step
from ordercore.engine.lifecycle.table import (
    JsonRow,
    JsonTable,
    Lifecycle,
    Row,
    Timeout,
    as_json_table,
    row,
)
from ordercore.engine.lifecycle.timers import DueTimer, is_due, timeouts_for
from ordercore.engine.lifecycle.updates import Standing, is_repeatable, standing

__all__ = [
    "DueTimer",
    "Guard",
    "JsonRow",
    "JsonTable",
    "Lifecycle",
    "LifecycleDiff",
    "Oracle",
    "Row",
    "RowChange",
    "Standing",
    "Timeout",
    "allowed",
    "allowed_now",
    "as_json_table",
    "as_machine",
    "diff",
    "is_due",
    "is_repeatable",
    "mermaid",
    "oracle",
    "problems_of",
    "require_guards",
    "row",
    "standing",
    "step",
    "timeouts_for",
]
