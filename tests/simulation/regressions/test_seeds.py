"""Runs that once broke a law. Each found a mistake that has been mended; none may come back."""

from __future__ import annotations

import pytest
from attrs import evolve

from ordercore.domain.processes import FULFILMENT, REDELIVERY, REFUND, ProvisioningRules
from ordercore.engine.saga import Policy
from ordercore.ports import Clock, Ids, Ports
from ordercore.testing.simulation import make_plan, run_plan
from ordercore_adapters import memory
from tests.simulation.planted import healthy

FIRST, SECOND, THIRD = 1, 2, 3
"""The editions of the population in which they were found."""
SEEDS = [
    (2, 100, "rough"),  # a worker dropped a saga's work on the word of a lagging reader
    (1, 100, "hostile"),  # the same, for a saga that was being redelivered
    (3, 150, "rough"),  # credentials of the item that came up last were not mailed
    (1, 150, "hostile"),  # an order was cancelled past its saga: refunded, and still built
    (15, 230, "hostile"),  # an operator's doubled click was called wrong input
    (118, 40, "hostile"),  # an answer that could not be remembered was given all the same
]
OF_ALL_KINDS = [
    (
        FIRST,
        217,
        50,
        "hostile",
    ),  # a repeated check-out was expected to answer as if nobody had paid since
    (
        FIRST,
        274,
        50,
        "hostile",
    ),  # a parcel of an order that had been called off was carried out by hand
    (FIRST, 370, 50, "hostile"),  # the token of an attempt that was let go by hand was kept
    (SECOND, 2998, 50, "hostile"),  # more went back of a restored order than was paid for it
    (
        THIRD,
        186,
        50,
        "hostile",
    ),  # a chargeback that was told late came after one of what it had taken
    (THIRD, 376, 50, "hostile"),  # what a bank had taken was taken off a refund twice
    (SECOND, 7606, 50, "hostile"),  # two who looked at one moment were expected to see the same
]
OF_GOODS = [
    (320, 50, "hostile"),  # asking once a second for a dead holder's lock was called endless
    (325, 50, "hostile"),  # a clock was put back, and an order was said to be overdue once more
]
ALL_OR_NOTHING = [
    (120, 40, "hostile"),  # an empty mail went out for an item that was on its way down
    (1, 100, "rough"),  # nothing: the other policy is lived through as well
]


def all_or_nothing(clock: Clock, ids: Ids) -> Ports:
    """Return ports under which one item that fails takes back the others."""
    strict = evolve(FULFILMENT, policy=Policy.ALL_OR_NOTHING)
    rules = ProvisioningRules(sagas=(strict, REFUND, REDELIVERY))
    return memory.ports(clock=clock, ids=ids, provisioning=rules)


@pytest.mark.parametrize(("seed", "orders", "profile"), SEEDS)
def test_a_seed_that_once_broke_a_law_breaks_none(seed: int, orders: int, profile: str) -> None:
    """What it found is mended."""
    plan = make_plan(seed=seed, orders=orders, profile=profile, kinds="provisioning", edition=FIRST)
    assert run_plan(plan, healthy).violation is None


@pytest.mark.parametrize(("edition", "seed", "orders", "profile"), OF_ALL_KINDS)
def test_a_seed_of_all_kinds_that_once_broke_a_law_breaks_none(
    edition: int, seed: int, orders: int, profile: str
) -> None:
    """Services and goods in one world."""
    plan = make_plan(seed=seed, orders=orders, profile=profile, edition=edition)
    assert run_plan(plan, healthy).violation is None


@pytest.mark.parametrize(("seed", "orders", "profile"), OF_GOODS)
def test_a_seed_of_goods_that_once_broke_a_law_breaks_none(
    seed: int, orders: int, profile: str
) -> None:
    """Found in the second edition."""
    plan = make_plan(seed=seed, orders=orders, profile=profile, kinds="retail", edition=SECOND)
    assert run_plan(plan, healthy).violation is None


@pytest.mark.parametrize(("seed", "orders", "profile"), ALL_OR_NOTHING)
def test_a_seed_breaks_no_law_under_the_other_policy(seed: int, orders: int, profile: str) -> None:
    """One lost item takes back the whole order."""
    plan = make_plan(seed=seed, orders=orders, profile=profile, kinds="provisioning", edition=FIRST)
    assert run_plan(plan, all_or_nothing).violation is None
