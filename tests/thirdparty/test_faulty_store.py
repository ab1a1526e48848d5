"""Whatever an outsider's store does wrong is reported, and in plain words."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from attrs import define, field

from ordercore.testing.simulation import make_plan, run_plan
from ordercore.testing.verdicts import LAWS, verdict
from tests.thirdparty.expected import EXPECTED
from tests.thirdparty.faults import Fault
from tests.thirdparty.faulty_readers import faulty_ports

BINDINGS = Path(__file__).parent / "bindings.py"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "test-your-host.md"
SEEDS, ORDERS = 3, 60
SEEN_OUTSIDE = [fault for fault, expected in EXPECTED.items() if expected.laws]


@define
class Verdicts:
    """Listens to a run of the suites, as a plugin of pytest."""

    passed: int = 0
    broken: dict[str, str] = field(factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what was said of a failure."""
        if report.failed:
            self.broken[report.nodeid] = report.longreprtext
        self.passed += report.when == "call" and report.passed


def suites_say(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> Verdicts:
    """Run every suite on the store with this fault, as a host would."""
    monkeypatch.setenv("OUTSIDER_FAULT", fault.name)
    said = Verdicts()
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no"]
    pytest.main([str(BINDINGS), *quiet], plugins=[said])
    return said


def told(text: str, label: str) -> str:
    """Return what a report says under a label."""
    found = re.search(rf"^E?.*?\b{label}: (.*?)^E? {{4}}\S", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def test_a_sound_store_keeps_every_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of the others is their fault."""
    said = suites_say(Fault.NONE, monkeypatch)
    assert said.broken == {}
    assert said.passed > 120


@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)
def test_a_suite_says_in_plain_words_what_is_wrong(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which promise is broken, which method is to blame, what was seen and what was expected."""
    expected = EXPECTED[fault]
    said = suites_say(fault, monkeypatch).broken
    assert said
    about = [text for text in said.values() if f"Broken promise: {expected.promise}" in text]
    assert about, [told(text, "Broken promise") for text in said.values()]
    assert f"To blame: {expected.blame}\n" in about[0]
    assert expected.wanted in told(about[0], "Expected")
    assert expected.seen in told(about[0], "Seen")
    assert "It was asked:" in about[0]
    assert all("Broken promise: " in text and "To blame: " in text for text in said.values())


def test_a_sound_store_stands_the_simulator() -> None:
    """Sixty orders, everything goes wrong, no law is broken."""
    for seed in range(1, SEEDS + 1):
        plan = make_plan(seed=seed, orders=ORDERS, profile="hostile")
        assert run_plan(plan, partial(faulty_ports, fault=Fault.NONE)).violation is None


@pytest.mark.parametrize("fault", SEEN_OUTSIDE, ids=lambda fault: fault.name)
def test_the_simulator_says_in_plain_words_what_is_wrong(fault: Fault) -> None:
    """Within three seeds: the promise, what was seen, and where to look."""
    plans = (make_plan(seed=seed, orders=ORDERS, profile="hostile") for seed in range(1, SEEDS + 1))
    runs = (run_plan(plan, partial(faulty_ports, fault=fault)) for plan in plans)
    violation = next(run.violation for run in runs if run.violation)
    assert violation.law in EXPECTED[fault].laws
    law = LAWS[violation.law]
    told = verdict(violation)
    said = str(told)
    blame = f"To blame: {told.blame}\n" if told.blame else ""
    expected = f"Expected: {law.expected}\nSeen: {violation.text}\nFound by: the law {told.law}, "
    assert said.startswith(f"Broken promise: {law.promise}\n{blame}{expected}")
    assert told.blame or all(f"\n    {method}" in said for method in law.look_at)
    assert violation.method in told.blame


def test_the_guide_lists_what_is_said_of_every_fault() -> None:
    """Row by row, so that it promises neither more nor less than what is tested here."""
    page = GUIDE.read_text(encoding="utf-8")
    rows = [
        f"| {fault} | {expected.blame} | {' or '.join(expected.laws) or 'sees nothing'} |"
        for fault, expected in EXPECTED.items()
    ]
    assert [row for row in rows if row not in page] == []


def test_every_fault_is_expected_to_be_reported() -> None:
    """None is left out but the one that is none."""
    assert set(EXPECTED) == set(Fault) - {Fault.NONE}


def test_every_law_of_the_simulator_has_a_verdict() -> None:
    """Whatever breaks, somebody who never read its code is told what it means."""
    checked = run_plan(
        make_plan(seed=1, orders=ORDERS, profile="hostile"), partial(faulty_ports, fault=Fault.NONE)
    ).checked
    assert set(checked) - set(LAWS) == set()
