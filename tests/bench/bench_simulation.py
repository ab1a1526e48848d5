"""Simulated orders per second of real time: whole lives under hostile faults, all laws checked."""

from __future__ import annotations

from functools import partial
from itertools import count

from ordercore.ports import Clock, Ids, Ports
from ordercore.testing.simulation import Kinds, make_plan, run_plan
from ordercore_adapters import memory
from tests.bench.measure import compare

ORDERS = 25


def _ports(clock: Clock, ids: Ids) -> Ports:
    return memory.ports(clock=clock, ids=ids)


def _live(seeds: count[int], kinds: Kinds, profile: str) -> int:
    """Live through the next world and return how many laws were checked."""
    plan = make_plan(seed=next(seeds), orders=ORDERS, profile=profile, kinds=kinds)
    run = run_plan(plan, _ports)
    assert run.violation is None
    return sum(run.checked.values())


def test_simulated_orders() -> None:
    """Orders per second on one processor, by kind; without faults as the yardstick."""
    cases = [(Kinds.ALL, "none"), *((kinds, "hostile") for kinds in Kinds)]
    compare(
        "simulated orders (all kinds without faults = 1)",
        {
            f"{kinds}, {profile}": partial(_live, count(1), kinds, profile)
            for kinds, profile in cases
        },
        per_call=ORDERS,
    )
