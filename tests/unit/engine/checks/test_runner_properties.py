from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.checks import CheckOutcome, Rule, Severity, run
from ordercore.kernel.result import Finding

FACTS = st.sampled_from(["stock", "rates", "vendor"])


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule[None]]:
    """Draw rules that find a fixed number of things each."""
    ids = draw(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=8))
    return [_rule(draw, id) for id in ids]


def _rule(draw: st.DrawFn, id: str) -> Rule[None]:
    findings = [
        Finding(field=str(number), code=id, message="found")
        for number in range(draw(st.integers(0, 2)))
    ]
    return Rule(
        id=id,
        check=lambda _facts: iter(findings),
        severity=draw(st.sampled_from(Severity)),
        cost_rank=draw(st.integers(0, 3)),
        needs=draw(st.frozensets(FACTS)),
    )


@given(rules=rule_sets(), available=st.sets(FACTS))
def test_every_rule_is_accounted_for_once_and_no_finding_is_lost(
    rules: list[Rule[None]], available: set[str]
) -> None:
    """Records are a permutation of the rules; findings are those of the rules that could run."""
    done = run(rules, None, available=available)

    assert sorted(rule.id for rule in rules) == sorted(record.rule_id for record in done.records)
    could_run = [rule for rule in rules if rule.needs <= available]
    expected = sorted((f.code, f.field) for rule in could_run for f in rule.check(None))
    reported = [*done.report.findings, *done.warnings]
    assert expected == sorted((f.code, f.field) for f in reported)
    assert {rule.id for rule in rules if not rule.needs <= available} == {
        record.rule_id for record in done.records if record.outcome is CheckOutcome.NOT_RUN
    }


@given(rules=rule_sets(), seed=st.randoms(use_true_random=False))
def test_the_listed_order_of_the_rules_does_not_matter(
    rules: list[Rule[None]], seed: Random
) -> None:
    """Shuffling the list changes nothing in the result."""
    shuffled = list(rules)
    seed.shuffle(shuffled)

    assert run(rules, None) == run(shuffled, None)
