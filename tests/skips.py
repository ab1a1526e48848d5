"""In CI a test that is skipped has failed: whatever can be started is started there.

Everywhere else a skip is a courtesy to whoever lacks a browser or a broker. ``CI`` in the
environment makes it a failure, wherever it comes from: a fixture, a mark, a module that cannot be
imported. ``ORDERCORE_MAY_SKIP`` excuses what was looked for and cannot be had on the machine: the
beginnings of the reasons, separated by commas (`.ci/provide` says them aloud and hands them on).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

__all__ = ["NOT_OURS_TO_SHIP", "judged"]

NOT_OURS_TO_SHIP = "not ours to ship"
"""How the reason begins when no machine has what is missing unless somebody brings it along."""

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def judged(report: _Report) -> _Report:
    """Return a report; a skip in CI without an excuse has become a failure."""
    if not report.skipped or hasattr(report, "wasxfail") or not os.environ.get("CI"):
        return report
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = told.removeprefix("Skipped: ")
    excuses = [NOT_OURS_TO_SHIP, *os.environ.get("ORDERCORE_MAY_SKIP", "").split(",")]
    if not reason.startswith(tuple(filter(None, excuses))):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped in CI: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a test."""
    return judged((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge a module or folder that skips as a whole."""
    return judged((yield))
