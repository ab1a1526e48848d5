"""The parent: starts workers, kills them or has them die by plan, and replaces them."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from attrs import evolve

from ordercore_adapters.simulated import EPOCH
from tests.kill.boundaries import Plan
from tests.kill.clock import SharedClock
from tests.kill.journal import Journal
from tests.kill.shift import Campaign, Post, Story
from tests.kill.verify import Books
from tests.kill.worker import main

ANY_MOMENT = "any moment, by another process"
FORKS = multiprocessing.get_context("forkserver")
"""Processes come from one that has imported everything and done nothing: they start at once."""
FORKS.set_forkserver_preload(["pytest", "psycopg", "tests.kill.worker"])
_DEADLINE_S = 120
_TRIES = 12
_ORDERS = 16
_CROWD = (Post.DESK, Post.CUSTOMER, Post.WORK_ONLY)
_LATE = ("redeliver", "retry of a dead letter", "timer", "send back")
"""What happens when all else has come to rest: whoever gets there leaves nothing to others."""


def campaign_in(
    base: Path, number: int, *, story: Story, url: str, worker_url: str | None = None
) -> Campaign:
    """Return a campaign with a folder of its own in ``base``."""
    folder = base / f"campaign-{number}"
    folder.mkdir()
    SharedClock.make(folder / "clock", EPOCH)
    return Campaign(
        story=story,
        url=url,
        worker_url=worker_url,
        folder=folder,
        seed=1 + number,
        orders=_ORDERS,
    )


def on_sqlite(base: Path, number: int, *, story: Story = Story.SERVICES) -> Campaign:
    """Return a campaign over a database file of its own in ``base``."""
    return campaign_in(base, number, story=story, url=f"sqlite:///{base / str(number)}.db")


def books_of(campaign: Campaign) -> Books:
    """Return the books of a campaign that sees all rows of its database."""
    return Books(url=campaign.url, world=campaign.folder / "world")


def start(campaign: Campaign, plan: Plan | None, post: Post = Post.EVERYTHING) -> BaseProcess:
    """Start a worker process."""
    process = FORKS.Process(target=main, args=(campaign, plan, post), daemon=True)
    process.start()
    return process


def died(process: BaseProcess) -> bool:
    """Wait for a process and return whether it was killed; anything but that or success fails."""
    process.join(_DEADLINE_S)
    assert process.exitcode is not None, "a worker does not come to an end"
    assert process.exitcode in (0, -signal.SIGKILL), f"a worker ended with {process.exitcode}"
    return process.exitcode != 0


def by_plan(
    campaign: Campaign, plans: list[Plan], *, fallen: Callable[[Campaign], None]
) -> list[Plan]:
    """Let worker after worker die by plan, and the last one finish.

    Args:
        campaign: Where.
        plans: Where processes are to die.
        fallen: Looks at what a dead process has left behind.

    Returns:
        The plans that came to nothing, because their boundary was not reached any more.
    """
    waiting = deque(sorted(plans, key=lambda plan: any(part in plan.boundary for part in _LATE)))
    while waiting:
        plan = waiting[0]
        for each in (Plan(boundary=plan.first), plan) if plan.first else (plan,):
            if not died(start(campaign, each)):
                waiting[0] = evolve(plan, nth=1)
                return list(waiting)
            fallen(campaign)
        waiting.popleft()
    assert not died(start(campaign, None))
    return []


def at_random(campaign: Campaign, random: Random, *, kills: int) -> int:
    """Run three workers at once, kill one of them now and then, and let the last ones finish.

    Returns:
        How many were killed: fewer than ``kills`` if all was done before.
    """
    crowd = [start(campaign, None, post) for post in _CROWD]
    killed = 0
    deadline = time.monotonic() + _DEADLINE_S
    try:
        while killed < kills and not campaign.finished.exists():
            assert time.monotonic() < deadline, "workers do not come to an end"
            time.sleep(random.uniform(0.05, 0.35))
            at = random.randrange(len(crowd))
            crowd[at].kill()
            if died(crowd[at]):
                killed += 1
                Journal(campaign.kills).add(ANY_MOMENT)
            crowd[at] = start(campaign, None, _CROWD[at])
        for process in crowd:
            assert not died(process)
    finally:
        for process in crowd:
            process.kill()
    return killed


def fell(campaigns: Iterable[Campaign]) -> Counter[str]:
    """Return how many processes died at each boundary, in their own words."""
    return Counter(line for each in campaigns for line in Journal(each.kills).lines())


def _nothing_to_see(campaign: Campaign) -> None:
    """Wait for the end."""


def kill_all(
    plans: list[Plan],
    *,
    anyhow: int,
    new: Callable[[int], Campaign],
    settled: Callable[[Campaign], None],
    fallen: Callable[[Campaign], None] = _nothing_to_see,
    per_campaign: int = 20,
) -> Counter[str]:
    """Carry out every plan, and ``anyhow`` random kills besides, in as many campaigns as it takes.

    Args:
        plans: Where processes are to die.
        anyhow: How many more are killed at random moments.
        new: Makes the campaign of a number.
        settled: Checks a finished campaign.
        fallen: Checks what a process that died by plan has left behind.
        per_campaign: So many in each at most.
    """
    random = Random(len(plans))
    waiting = random.sample(plans, len(plans))
    campaigns: list[Campaign] = []
    missed: Counter[str] = Counter()
    for number in count():
        if not waiting and not anyhow:
            break
        campaign = new(number)
        campaigns.append(campaign)
        if waiting:
            left = by_plan(campaign, waiting[:per_campaign], fallen=fallen)
            if left:
                missed[left[0].boundary] += 1
                assert missed[left[0].boundary] < _TRIES, f"{left[0].boundary} is never reached"
            waiting = left + waiting[per_campaign:]
        else:
            anyhow -= at_random(campaign, random, kills=min(anyhow, per_campaign))
        settled(campaign)
    return fell(campaigns)
