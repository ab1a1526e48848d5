"""A check as a value: what it looks at, how much it costs, how severe its findings are.

The engine knows no business word. A check is a pure function of facts that were fetched before the
run; it yields one finding for each thing that is wrong and nothing when all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from attrs import frozen

from ordercore.kernel.result import Finding

__all__ = ["Rule", "Severity"]

F = TypeVar("F")


class Severity(StrEnum):
    """Whether a finding stops the request or only informs about it."""

    ERROR = "error"
    WARNING = "warning"


@frozen(kw_only=True, cache_hash=True)
class Rule(Generic[F]):
    """One named check.

    Attributes:
        id: Stable name, never reused for another check.
        check: Pure function from the facts to the findings; an empty answer means passed.
        title: What the check makes sure of, for a person and for the generated catalogue.
        severity: Findings of an ``ERROR`` rule refuse the request, those of a ``WARNING`` do not.
        cost_rank: Cheap checks have a low rank and come first; it orders records and findings.
        needs: Names of the facts without which the check cannot say anything.
    """

    id: str
    check: Callable[[F], Iterable[Finding]]
    title: str = ""
    severity: Severity = Severity.ERROR
    cost_rank: int = 0
    needs: frozenset[str] = frozenset()
