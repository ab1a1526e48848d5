"""Whole lives of orders under seeded faults: every law holds, and every seed tells one story."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve

from ordercore.kernel.errors import InvalidInput, WrongFace
from ordercore.ports import Clock, Ids, Mode, Ports
from ordercore.testing.simulation import Fault, make_plan, plan_from_json, plan_to_json, run_plan
from ordercore_adapters import sqlalchemy
from tests.simulation.planted import healthy

PRINT_DIGEST = """
from ordercore.testing.simulation import make_plan, run_plan
from tests.simulation.planted import healthy
print(run_plan(make_plan(seed=5, orders=25, profile="hostile"), healthy).digest)
"""


@pytest.mark.parametrize("profile", ["none", "calm", "rough", "hostile"])
@pytest.mark.parametrize(
    ("kinds", "seed"), [("provisioning", 1), ("retail", 2), ("retail", 3), ("all", 4)]
)
def test_every_law_holds_whatever_goes_wrong(profile: str, kinds: str, seed: int) -> None:
    """A hundred orders each: nothing is lost, nothing is done twice, everything comes to rest."""
    run = run_plan(make_plan(seed=seed, orders=100, profile=profile, kinds=kinds), healthy)
    assert run.violation is None
    assert sum(run.states.values()) == 100
    assert sum(run.states.get(end, 0) for end in ("fulfilled", "completed", "returned")) > 35
    assert (len(run.injected) > 0) is (profile != "none")


def test_nothing_that_can_go_wrong_is_left_out() -> None:
    """A few hostile hundreds meet every fault there is and reach every end."""
    faults: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for seed in (21, 22, 23):
        run = run_plan(make_plan(seed=seed, orders=150, profile="hostile"), healthy)
        assert run.violation is None
        faults.update(injected.fault for _, injected in run.injected)
        states.update(run.states)
    assert set(Fault) - set(faults) == set()
    assert {"fulfilled", "failed", "completed", "returned", "cancelled", "refused"} <= set(states)


OF_BOTH = (
    "bank_agrees",
    "disputes_are_seen_to",
    "events_published_once",
    "fold_equals_row",
    "order_moves_on",
)
OF_GOODS = ("gateway_agrees", "letters_sent_once", "parcels_follow_orders", "units_add_up")


@pytest.mark.parametrize(("kinds", "laws"), [("all", OF_BOTH), ("retail", OF_BOTH + OF_GOODS)])
def test_a_law_is_not_merely_named_but_checked(kinds: str, laws: tuple[str, ...]) -> None:
    """Once for every order at the least."""
    run = run_plan(make_plan(seed=1, orders=20, profile="calm", kinds=kinds), healthy)
    placed = sum(count for state, count in run.states.items() if state != "refused")
    assert placed > 5
    assert {law: run.checked[law] for law in laws if run.checked[law] < placed} == {}


def test_one_seed_tells_one_story_in_every_process() -> None:
    """Not even the order of sets and hashes gets in."""
    digests = set()
    for hash_seed in ("1", "31337"):
        found = subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        digests.add(found.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def test_another_seed_tells_another_story() -> None:
    """The seed decides."""
    first, second = (
        run_plan(make_plan(seed=seed, orders=5, profile="calm"), healthy) for seed in (1, 2)
    )
    assert first.digest != second.digest


def test_faults_that_are_listed_strike_as_those_that_were_drawn() -> None:
    """A kept run is the run, byte for byte, also after a trip through a file."""
    run = run_plan(make_plan(seed=8, orders=40, profile="hostile"), healthy)
    assert run_plan(run.as_listed, healthy).digest == run.digest
    assert plan_from_json(plan_to_json(run.as_listed)) == run.as_listed


def test_orders_do_not_change_each_others_fate() -> None:
    """Without the others an order meets the same faults at the same calls, as far as it gets."""
    together = run_plan(make_plan(seed=4, orders=30, profile="rough"), healthy)
    plan = together.plan
    alone = run_plan(evolve(plan, scripts=plan.scripts[:1]), healthy)
    sites = {(i.site, i.number): i.fault for _, i in together.injected if ":o0" in i.site}
    again = {(i.site, i.number): i.fault for _, i in alone.injected if ":o0" in i.site}
    assert again.items() <= sites.items() or sites.items() <= again.items()


def test_a_store_on_disk_stands_it_too(tmp_path: Path) -> None:
    """The simulator is pointed at any ports; here at SQLite."""
    numbers = count(1)

    def make(clock: Clock, ids: Ids) -> Ports:
        bundle = healthy(clock, ids)
        url = f"sqlite:///{tmp_path / f'orders-{next(numbers)}.db'}"
        return sqlalchemy.ports(url, clock=clock, ids=ids, sealer=bundle.sealer)

    run = run_plan(make_plan(seed=6, orders=15, profile="hostile"), make)
    assert run.violation is None
    in_memory = run_plan(run.plan, healthy)
    assert run.states == in_memory.states


def test_asynchronous_ports_are_refused() -> None:
    """They need a loop, and a loop decides by itself who goes next."""

    def make(clock: Clock, ids: Ids) -> Ports:
        return evolve(healthy(clock, ids), mode=Mode.ASYNC)

    with pytest.raises(WrongFace):
        run_plan(make_plan(seed=1, orders=1), make)


def test_progress_is_told() -> None:
    """Now and then: orders placed and virtual time."""
    told: list[tuple[int, int]] = []
    plan = make_plan(seed=1, orders=60, profile="rough")
    run_plan(plan, healthy, progress=lambda placed, ms: told.append((placed, ms)))
    assert told == sorted(told)
    assert 0 < told[-1][0] <= 60


@pytest.mark.parametrize("wrong", [{"profile": "awful"}, {"orders": 0}, {"kinds": "x"}])
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """An unknown profile, unknown kinds, or no order at all."""
    with pytest.raises(InvalidInput):
        make_plan(**cast("Any", {"seed": 1, "orders": 1, "profile": "calm", **wrong}))


@pytest.mark.parametrize("text", ["", "{}", '{"format": "other/1", "plan": {}}', "[1]"])
def test_a_file_that_holds_no_plan_is_refused(text: str) -> None:
    """One fault, whatever is wrong with it."""
    with pytest.raises(InvalidInput):
        plan_from_json(text)
