"""Many small worlds: a range of seeds, added up."""

from __future__ import annotations

from functools import reduce

import pytest

from ordercore.kernel.errors import InvalidInput
from ordercore.testing.simulation import Tally, Worlds, make_plan, run_plan, run_worlds, tally_of
from tests.simulation.planted import PLANTED, healthy

FEW = Worlds(first=5, last=8, orders=6, profile="rough")


def test_worlds_add_up_to_what_each_of_them_was() -> None:
    """Orders, states, laws and faults; no world knows of another."""
    total = reduce(Tally.__add__, run_worlds(FEW, healthy), Tally())
    runs = [
        run_plan(make_plan(seed=seed, orders=6, profile="rough"), healthy) for seed in range(5, 9)
    ]
    assert (total.worlds, total.orders) == (4, 24)
    assert total.steps == sum(run.steps for run in runs)
    assert sum(total.states.values()) == 24
    assert sum(total.faults.values()) == sum(len(run.injected) for run in runs)
    assert total.checked["no_surprise"] == sum(run.checked.get("no_surprise", 0) for run in runs)
    assert total.broken is None


def test_the_digest_is_of_all_worlds_in_their_order() -> None:
    """Another order, or another world, is another digest; parts give the same as the whole."""
    tallies = list(run_worlds(FEW, healthy))
    whole = reduce(Tally.__add__, tallies, Tally()).digest
    by_parts = [tally for part in FEW.parts(3) for tally in run_worlds(part, healthy)]
    assert reduce(Tally.__add__, by_parts, Tally()).digest == whole
    assert reduce(Tally.__add__, reversed(tallies), Tally()).digest != whole
    assert reduce(Tally.__add__, tallies[1:], Tally()).digest != whole


def test_nothing_of_a_world_is_kept_but_its_tally() -> None:
    """However many are added up, the sum does not grow."""
    total = reduce(Tally.__add__, run_worlds(FEW, healthy), Tally())
    assert total.digests == ()


def test_parts_are_the_range_cut_up() -> None:
    """The last one may be shorter."""
    ranges = [(part.first, part.last) for part in Worlds(first=1, last=10).parts(4)]
    assert ranges == [(1, 4), (5, 8), (9, 10)]
    assert len(Worlds(first=1, last=10)) == 10


def test_an_empty_range_is_refused() -> None:
    """There would be nothing to live through."""
    with pytest.raises(InvalidInput):
        Worlds(first=2, last=1)


def test_the_first_world_in_which_a_law_is_broken_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With its seed, so that it can be lived again alone."""
    make = PLANTED["an_outbox_marked_before_publishing"](monkeypatch)
    tallies = list(run_worlds(Worlds(first=1, last=50, orders=20), make))
    assert [tally.broken is None for tally in tallies[:-1]] == [True] * (len(tallies) - 1)
    total = reduce(Tally.__add__, tallies, Tally())
    assert total.broken is not None
    seed, violation = total.broken
    assert seed == len(tallies)
    again = run_plan(make_plan(seed=seed, orders=20, profile="hostile"), make)
    assert tally_of(again).broken == (seed, violation)
