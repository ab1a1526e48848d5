"""Run every check and keep one record per check: passed, failed, or not run and why.

Nothing stops at the first finding and nothing is skipped silently: a check whose facts are missing
is recorded as not run, so a caller can tell "nothing is wrong" from "nobody looked". The order is
by cost rank, then by id, whatever order the rules were listed in.

Records that carry no finding are built once per set of rules and shared between runs, which keeps
the record of a passed check nearly free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from attrs import frozen

from ordercore.engine.checks.rule import Rule, Severity
from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.result import Finding, Report

__all__ = ["CheckOutcome", "CheckPlan", "CheckRecord", "CheckRun", "plan_checks", "run"]

F = TypeVar("F")


class CheckOutcome(StrEnum):
    """What came of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@frozen(kw_only=True)
class CheckRecord:
    """The evidence that one check was run, or the reason why it was not.

    Attributes:
        rule_id: The rule.
        outcome: Passed, failed or not run.
        findings: What it found; empty unless it failed.
        missing: Names of the facts it would have needed; empty unless it was not run.
    """

    rule_id: str
    outcome: CheckOutcome
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()


@frozen(kw_only=True)
class CheckRun:
    """The result of one run.

    Attributes:
        records: One per rule, by cost rank, then id.
        report: The findings that refuse the request.
        warnings: The findings that only inform.
    """

    records: tuple[CheckRecord, ...]
    report: Report
    warnings: tuple[Finding, ...] = ()

    @property
    def not_run(self) -> tuple[CheckRecord, ...]:
        """The records of the checks that lacked facts."""
        return tuple(r for r in self.records if r.outcome is CheckOutcome.NOT_RUN)

    @property
    def ok(self) -> bool:
        """True when every check ran and none that matters found anything."""
        return self.report.ok and not self.not_run


@frozen(kw_only=True)
class CheckPlan(Generic[F]):
    """A set of rules put in order once, to be run many times. Build it with `plan_checks`."""

    steps: tuple[tuple[Rule[F], CheckRecord], ...]

    @property
    def rules(self) -> tuple[Rule[F], ...]:
        """The rules in the order in which they run."""
        return tuple(rule for rule, _ in self.steps)


def plan_checks(rules: Iterable[Rule[F]]) -> CheckPlan[F]:
    """Put the rules in running order.

    Raises:
        DefinitionError: when an id is empty or used twice.
    """
    ordered = sorted(rules, key=lambda rule: (rule.cost_rank, rule.id))
    counts = Counter(rule.id for rule in ordered)
    problems = [f"rule id {id!r} is used {n} times" for id, n in counts.items() if n > 1]
    if "" in counts:
        problems.append("a rule has an empty id")
    if problems:
        raise DefinitionError(name="checks", problems=tuple(problems))
    passed = CheckOutcome.PASSED
    return CheckPlan(
        steps=tuple((rule, CheckRecord(rule_id=rule.id, outcome=passed)) for rule in ordered)
    )


def run(
    rules: CheckPlan[F] | Iterable[Rule[F]], facts: F, *, available: Collection[str] | None = None
) -> CheckRun:
    """Run every rule on the facts and return all records and findings.

    Args:
        rules: A plan, or rules to be put in order first.
        facts: What the checks may look at.
        available: Names of the facts that were fetched; None means every one.

    Raises:
        DefinitionError: when the rules contradict each other.
    """
    plan = rules if isinstance(rules, CheckPlan) else plan_checks(rules)
    fetched = None if available is None else frozenset(available)
    records: list[CheckRecord] = []
    errors: list[Finding] = []
    warnings: list[Finding] = []
    for rule, passed in plan.steps:
        if fetched is not None and rule.needs and not rule.needs <= fetched:
            records.append(_not_run(rule, fetched))
            continue
        found = tuple(rule.check(facts))
        if not found:
            records.append(passed)
            continue
        (errors if rule.severity is Severity.ERROR else warnings).extend(found)
        records.append(CheckRecord(rule_id=rule.id, outcome=CheckOutcome.FAILED, findings=found))
    return CheckRun(
        records=tuple(records), report=Report(findings=tuple(errors)), warnings=tuple(warnings)
    )


def _not_run(rule: Rule[F], fetched: frozenset[str]) -> CheckRecord:
    return CheckRecord(
        rule_id=rule.id,
        outcome=CheckOutcome.NOT_RUN,
        missing=tuple(sorted(rule.needs - fetched)),
    )
