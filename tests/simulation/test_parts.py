"""The parts of the simulator: scheduler, faults, delta debugging, the book of work, pictures."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.engine.messaging import Claim, Release, Work, WorkKind
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId
from ordercore.testing.fakes import START
from ordercore.testing.simulation import (
    HOSTILE,
    PROFILES,
    Fault,
    FaultProfile,
    Kinds,
    faults_over_time,
    kinds_of,
    latencies_ms,
    make_plan,
    minimise,
    page,
    population,
    run_plan,
    states_over_time,
    times_to_fulfil,
)
from ordercore.testing.simulation.faults import FAULT_LIMIT, SeededFaults, roll
from ordercore.testing.simulation.scheduler import Ended, Scheduler, die, park, pause
from ordercore.testing.simulation.watch import WorkBook
from tests.simulation.planted import healthy

TENANT = TenantId("t")
STREAM = Work(kind=WorkKind.STREAM, subject="o", due_at=START)
CLAIM = Claim(tenant=TENANT, kind=WorkKind.STREAM, subject="o", fence=1, touched=1, due_at=START)


def test_whoever_pauses_shortest_goes_on_first() -> None:
    """And virtual time moves with them."""
    said: list[tuple[int, str]] = []
    scheduler = Scheduler()

    async def flow(name: str, ms: int) -> None:
        for _ in range(2):
            await pause(ms)
            said.append((scheduler.now_ms, name))

    for name, ms in (("slow", 30), ("quick", 10)):
        scheduler.spawn(name, flow(name, ms))
    while scheduler.step():
        pass
    assert said == [(10, "quick"), (20, "quick"), (30, "slow"), (60, "slow")]


def test_a_crash_closes_every_flow_of_the_process_and_no_other() -> None:
    """Where they stand; what they were about to do is not done."""
    ends: dict[str, Ended] = {}
    scheduler = Scheduler()

    async def waits() -> None:
        await pause(100)

    async def dies() -> None:
        await pause(1)
        await die()

    for name, process, body in (("a", 1, waits()), ("b", 1, dies()), ("c", 2, waits())):
        scheduler.spawn(
            name,
            body,
            process=process,
            on_end=lambda e, n=name: ends.__setitem__(n, e),  # type: ignore[misc]
        )
    while scheduler.step():
        pass
    assert {name for name, ended in ends.items() if ended.lost} == {"a", "b"}


def test_a_flow_that_waits_for_another_is_given_what_it_was_woken_with() -> None:
    """An earlier wake-up call is void."""
    scheduler = Scheduler()
    got: list[object] = []

    async def waits() -> None:
        got.append(await park())

    flow = scheduler.spawn("w", waits())
    scheduler.step()
    scheduler.wake(flow, "late", after_ms=10)
    scheduler.wake(flow, "early", after_ms=5)
    while scheduler.step():
        pass
    assert got == ["early"]


def test_rates_that_do_not_add_up_are_refused() -> None:
    """No more than every call can meet a fault."""
    profile = FaultProfile(name="x", rates={"read": {Fault.STALE: 9000, Fault.DELAY: 1001}})
    with pytest.raises(InvalidInput):
        SeededFaults(1, profile)


@given(seed=st.integers(0, 2**40), site=st.text(max_size=20), number=st.integers(1, 50))
def test_a_fault_follows_from_seed_site_and_number_alone(seed: int, site: str, number: int) -> None:
    """And from some number on there is none, so that every run ends."""
    dice = roll(seed, site, number)
    found = [
        SeededFaults(seed, HOSTILE).at(kind, site, number, dice) for kind in (*HOSTILE.rates, "?")
    ]
    again = [
        SeededFaults(seed, HOSTILE).at(kind, site, number, dice) for kind in (*HOSTILE.rates, "?")
    ]
    assert found == again
    assert found[-1] is None
    assert number <= FAULT_LIMIT or found == [None] * len(found)


def test_every_profile_is_worse_than_the_one_before() -> None:
    """None, calm, rough, hostile."""
    sums = [sum(sum(r.values()) for r in profile.rates.values()) for profile in PROFILES.values()]
    assert sums == sorted(sums)
    assert list(PROFILES) == ["none", "calm", "rough", "hostile"]


@given(items=st.lists(st.integers(0, 30), unique=True, max_size=25), needed=st.data())
def test_what_is_kept_still_fails_and_nothing_of_it_can_go(
    items: list[int], needed: st.DataObject
) -> None:
    """Whatever few elements a failure needs, exactly these are found."""
    few = needed.draw(st.sets(st.sampled_from(items), max_size=4)) if items else set()

    def fails(kept: tuple[int, ...]) -> bool:
        return few <= set(kept)

    assert set(minimise(items, fails)) == few


def test_a_script_follows_from_the_seed_and_its_number() -> None:
    """A smaller population is the beginning of a larger one."""
    assert population(3, 50)[:20] == population(3, 20)
    assert population(3, 20) != population(4, 20)


def test_work_that_was_asked_for_again_survives_its_release() -> None:
    """The book of work follows the rules of the store."""
    book = WorkBook()
    book.schedule(TENANT, STREAM)
    book.claim(CLAIM)
    book.schedule(TENANT, STREAM)
    book.release(Release(claim=CLAIM, due_at=None))
    assert book.due(TENANT, [(WorkKind.STREAM, "o")])
    book.claim(evolve(CLAIM, fence=2))
    book.release(Release(claim=CLAIM, due_at=None))
    assert book.due(TENANT, [(WorkKind.STREAM, "o")])
    book.release(Release(claim=evolve(CLAIM, fence=2), due_at=None))
    assert not book.due(TENANT, [(WorkKind.STREAM, "o")])


def test_work_that_somebody_holds_is_not_withdrawn() -> None:
    """Only work that nobody has begun is."""
    book = WorkBook()
    book.schedule(TENANT, STREAM)
    book.claim(CLAIM)
    book.schedule(TENANT, evolve(STREAM, due_at=None))
    assert book.due(TENANT, [(WorkKind.STREAM, "o")])
    book.release(Release(claim=CLAIM, due_at=START + timedelta(seconds=5)))
    book.schedule(TENANT, evolve(STREAM, due_at=None))
    assert not book.due(TENANT, [(WorkKind.STREAM, "o")])


def test_pictures_are_well_formed_and_name_what_they_show() -> None:
    """Plain SVG; a page holds them all and needs nothing from anywhere."""
    run = run_plan(make_plan(seed=1, orders=40, profile="rough"), healthy)
    assert kinds_of(run) == (Kinds.PROVISIONING, Kinds.RETAIL)
    drawn = [states_over_time(run, kind) for kind in kinds_of(run)]
    for picture in (*drawn, faults_over_time(run), times_to_fulfil(run)):
        assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "fulfilled" in drawn[0]
    assert "completed" in drawn[1]
    html = page(run, lines=["<story>"])
    assert "&lt;story&gt;" in html
    assert run.digest in html
    assert "src=" not in html
    assert "href=" not in html
    gone = {change.tag for change in run.changes if change.after in ("fulfilled", "shipped")}
    assert len(latencies_ms(run)) >= len(gone) > 20


def test_a_run_without_faults_has_pictures_too() -> None:
    """Empty ones."""
    run = run_plan(make_plan(seed=1, orders=1, profile="none"), healthy)
    assert ElementTree.fromstring(faults_over_time(run)).tag.endswith("svg")
