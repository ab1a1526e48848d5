"""The population grows by editions, and what was there keeps its story."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from attrs import evolve

from ordercore.testing.simulation import (
    ActionKind,
    SaleScript,
    make_plan,
    plan_from_json,
    plan_to_json,
    population,
    run_plan,
)
from ordercore.testing.simulation.additions import EDITION
from tests.simulation.planted import healthy

FIRST = {
    "retail": "23e7e6f4936895cdcfb3ff4ee1b26937f29d7e824d7ef06dcfd0b40e48b0ae09",
    "provisioning": "8f2d7c6ce7a80543d4e28bdd50e60b0c4f210faa8cd5c76d13916dd523b6e88e",
}
"""Digest of forty scripts of seed 7, as they were before anything was added."""
SECOND = {
    "retail": "90d554a054f78c0e82d2bbf417b9d8f66dc6dec86931093870359c59f80e7099",
    "provisioning": "7ad9aba19dc567407f634477b436c6cde598d9e0671ed6d6503cdca4f4a39cbc",
}
"""The same, before there were banks."""


def told(kinds: str, *, edition: int) -> str:
    """Return who does what when, in words."""
    lines = [
        f"{script.tag} {script.tenant} {script.start_ms} {script.items} {action.kind} "
        f"{action.at_ms} {action.number} {action.off_minor} {action.payment} {action.by} "
        f"{action.card}"
        for script in make_plan(seed=7, orders=40, kinds=kinds, edition=edition).scripts
        for action in script.actions
    ]
    return sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("kinds", FIRST)
@pytest.mark.parametrize(("edition", "digests"), [(1, FIRST), (2, SECOND)])
def test_earlier_editions_are_what_they_always_were(
    edition: int, digests: dict[str, str], kinds: str
) -> None:
    """Seeds that found something years ago still mean the same."""
    assert told(kinds, edition=edition) == digests[kinds]


def test_additions_only_add() -> None:
    """Actions come after those that were there, with numbers of their own."""
    before = population(7, 80, edition=1)
    after = population(7, 80, edition=EDITION)
    assert before != after
    for old, new in zip(before, after, strict=True):
        assert new.actions[: len(old.actions)] == old.actions
        assert [action.number for action in new.actions] == list(range(len(new.actions)))
        if isinstance(old, SaleScript):
            assert evolve(new, actions=old.actions, **LATE) == old
    assert {a.kind for s in before for a in s.actions} < {a.kind for s in after for a in s.actions}


LATE = {
    "parcel_late_days": 0,
    "parcel_lost": False,
    "cash_late_days": 0,
    "hold_ms": 0,
    "common_keys": False,
}


def test_a_file_that_was_kept_before_the_additions_is_read() -> None:
    """It holds all that happens, and nothing is added to it."""
    plan = make_plan(seed=9, orders=4, kinds="retail", edition=1)
    kept = json.loads(plan_to_json(plan))
    del kept["plan"]["sweeps"]
    for script in kept["plan"]["scripts"]:
        for name in LATE:
            del script[name]
        for action in script["actions"]:
            for name in ("letter", "line", "paid_for", "part", "won", "wait_ms"):
                del action[name]
    assert plan_from_json(json.dumps(kept)) == plan


def test_an_order_to_which_nothing_was_added_lives_as_before() -> None:
    """The same faults strike it at the same calls, and it ends in the same state."""
    old, new = (
        make_plan(seed=3, orders=30, profile="rough", kinds="retail", edition=edition)
        for edition in (1, EDITION)
    )
    same = [one for one, other in zip(old.scripts, new.scripts, strict=True) if one == other]
    assert 5 < len(same) < 30
    for script in same[:5]:
        alone = [
            run_plan(evolve(plan, scripts=(script,), sweeps=()), healthy) for plan in (old, new)
        ]
        assert alone[0].digest == alone[1].digest


@pytest.mark.parametrize("kind", [ActionKind.RESEND, ActionKind.REPRICE])
def test_what_was_added_happens(kind: ActionKind) -> None:
    """And is answered in more than one way."""
    run = run_plan(make_plan(seed=2, orders=100, profile="rough", kinds="retail"), healthy)
    assert run.violation is None
    ends = {end for end in run.ends if end.startswith(f"{kind}: ")}
    assert f"{kind}: done" in ends
    assert len(ends) > 2


@pytest.mark.parametrize("kinds", ["provisioning", "retail"])
def test_banks_act_and_are_heard(kinds: str) -> None:
    """Payments are taken back, given back in part, and refunds come back."""
    run = run_plan(make_plan(seed=4, orders=100, profile="rough", kinds=kinds), healthy)
    assert run.violation is None
    reports = ("ReportChargeback", "ReportDisputeWon", "ReportRefundReturned")
    assert {f"{report}: done" for report in reports} <= set(run.ends)
    laws = ("bank_agrees", "disputes_are_seen_to")
    assert all(run.checked[law] for law in laws)
