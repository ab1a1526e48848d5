"""Lifecycles as tables: define one, step through it, watch its clocks, compare versions."""

from __future__ import annotations

from ordercore.engine.lifecycle.check import problems_of, require_guards
from ordercore.engine.lifecycle.step import Guard, allowed, allowed_now, step
from ordercore.engine.lifecycle.table import Lifecycle, Row, Timeout, as_json_table, row

__all__ = [
    "Guard",
    "Lifecycle",
    "Row",
    "Timeout",
    "allowed",
    "allowed_now",
    "as_json_table",
    "problems_of",
    "require_guards",
    "row",
    "step",
]
