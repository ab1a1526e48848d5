from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from ordercore.engine.checks import (
    CheckOutcome,
    CheckRecord,
    Rule,
    Severity,
    plan_checks,
    run,
)
from ordercore.kernel.errors import DefinitionError
from ordercore.kernel.result import Finding, Report


def negative(numbers: list[int]) -> Iterator[Finding]:
    """Find what is below zero."""
    for place, number in enumerate(numbers):
        if number < 0:
            yield Finding(field=f"[{place}]", code="negative", message="is negative")


def odd(numbers: list[int]) -> list[Finding]:
    """Find what is odd."""
    return [
        Finding(field=f"[{place}]", code="odd", message="is odd")
        for place, number in enumerate(numbers)
        if number % 2
    ]


NEGATIVE: Rule[list[int]] = Rule(id="negative", check=negative)
ODD: Rule[list[int]] = Rule(id="odd", check=odd, needs=frozenset({"parity", "base"}))


def test_every_finding_of_every_rule_is_reported() -> None:
    """A run does not stop at the first finding, nor at the first rule that found something."""
    done = run([NEGATIVE, ODD], [-1, 2, -4])

    assert [(finding.code, finding.field) for finding in done.report.findings] == [
        ("negative", "[0]"),
        ("negative", "[2]"),
        ("odd", "[0]"),
    ]
    assert not done.ok


def test_every_rule_leaves_exactly_one_record() -> None:
    """Passed and failed rules alike are on record, with what they found."""
    done = run([NEGATIVE, ODD], [-2])

    found = Finding(field="[0]", code="negative", message="is negative")
    assert (
        CheckRecord(rule_id="negative", outcome=CheckOutcome.FAILED, findings=(found,)),
        CheckRecord(rule_id="odd", outcome=CheckOutcome.PASSED),
    ) == done.records


def test_rules_run_by_cost_rank_then_by_id_whatever_the_listed_order() -> None:
    """Cheap checks come first and the order is stable."""
    rules = [
        evolve(ODD, id="c", cost_rank=1),
        evolve(ODD, id="a", cost_rank=2),
        evolve(ODD, id="b", cost_rank=1),
    ]

    assert [record.rule_id for record in run(rules, [1]).records] == ["b", "c", "a"]
    assert [rule.id for rule in plan_checks(reversed(rules)).rules] == ["b", "c", "a"]


def test_a_rule_without_its_facts_is_recorded_as_not_run_with_what_was_missing() -> None:
    """Nothing is skipped silently: a run with a hole in it is not all right."""
    done = run([NEGATIVE, ODD], [1], available={"base"})

    assert (
        CheckRecord(rule_id="odd", outcome=CheckOutcome.NOT_RUN, missing=("parity",)),
    ) == done.not_run
    assert done.report.ok
    assert not done.ok


def test_a_rule_runs_once_all_its_facts_are_there() -> None:
    """More facts than needed do no harm."""
    done = run([ODD], [1], available=["base", "parity", "colour"])

    assert [record.outcome for record in done.records] == [CheckOutcome.FAILED]


def test_a_clean_run_is_ok_and_empty() -> None:
    """Nothing found, everything run."""
    done = run([NEGATIVE, ODD], [2, 4])

    assert done.ok
    assert Report() == done.report
    assert done.warnings == ()


def test_a_warning_is_on_record_but_refuses_nothing() -> None:
    """Findings of a warning rule are kept apart from those that refuse."""
    done = run([evolve(ODD, severity=Severity.WARNING)], [1])

    assert done.ok
    assert [finding.code for finding in done.warnings] == ["odd"]
    assert [record.outcome for record in done.records] == [CheckOutcome.FAILED]


def test_a_plan_can_be_run_many_times_with_different_facts() -> None:
    """No run leaves a trace in the plan."""
    plan = plan_checks([NEGATIVE])

    assert [run(plan, facts).ok for facts in ([1], [-1], [1])] == [True, False, True]


def test_duplicate_and_empty_ids_are_all_reported() -> None:
    """A set of rules that contradicts itself is refused when it is put together."""
    rules = [NEGATIVE, NEGATIVE, ODD, ODD, ODD, evolve(ODD, id="")]

    with pytest.raises(DefinitionError) as caught:
        plan_checks(rules)

    assert caught.value.problems == (
        "rule id 'negative' is used 2 times",
        "rule id 'odd' is used 3 times",
        "a rule has an empty id",
    )


def test_a_fault_inside_a_check_is_not_swallowed() -> None:
    """A broken check is a programming error, not a passed check."""
    broken: Rule[list[int]] = Rule(
        id="broken", check=lambda numbers: [Finding(field="", code="", message=str(numbers[9]))]
    )

    with pytest.raises(IndexError):
        run([broken], [1])
