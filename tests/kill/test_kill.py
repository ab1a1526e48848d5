"""Workers killed everywhere, on both databases: nothing is lost, nothing is done twice.

By default every transaction is hit once, in one of the ways it can be; ``ORDERCORE_KILLS`` asks for
more, and from as many kills as there are boundaries on, every boundary is hit.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ordercore.engine.messaging import WorkKind
from tests.adapters.postgres_server import Server
from tests.kill.boundaries import DURING_A_WRITE, UNDER_A_LOCK, Plan
from tests.kill.campaign import ANY_MOMENT, books_of, campaign_in, kill_all, on_sqlite
from tests.kill.verify import Books, breaches
from tests.kill.worker import Campaign

pytestmark = pytest.mark.kill

_KILLS = int(os.environ.get("ORDERCORE_KILLS", "20"))

WRITES = (
    "write of place",
    "write of submit",
    "write of pay",
    "write of cancel",
    "write of redeliver",
    "write of retry of a dead letter",
    "write of the start of validation",
    "write of the verdict",
    "write of saga provision",
    "write of saga find",
    "write of saga deprovision",
    "write of saga refund",
    "write of saga look for a refund",
    "write of saga notify",
    "write of saga deliver",
    "write of stream",
    "write of timer",
    "write of report",
)
"""Every transaction there is; the tests fail when a process makes one that is missing here."""

CALLS = (
    "claim of saga",
    "claim of stream",
    "claim of timer",
    "claim of validation",
    "deliver",
    "deprovision",
    "find",
    "letter",
    "live facts",
    "look for a refund",
    "notify",
    "open",
    "provision",
    "publish",
    "refund",
    "release of validation",
    "seal",
)
"""Every other call that may have an effect."""

_PLACES = ("within", "at the end of", "after", "before")
_OF_WRITES = [f"{place} {write}" for place in _PLACES for write in WRITES]
_OF_CALLS = [f"{place} {call}" for place in ("before", "after") for call in CALLS]
BOUNDARIES = (*_OF_WRITES, *_OF_CALLS, DURING_A_WRITE, UNDER_A_LOCK)
_SELDOM = {f"{place} release of {kind}" for place in ("before", "after") for kind in WorkKind}
"""A worker that finds nothing to do, or was too late; for the most part only among several."""

Open = Callable[[int], Campaign]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Open, Callable[[Campaign], Books]]:
    """Return what opens a campaign over an empty database, and what opens its books."""
    if request.param == "sqlite":
        return partial(on_sqlite, tmp_path), books_of
    server: Server = request.getfixturevalue("postgres_server")
    made = server.database()

    def on_postgres(number: int) -> Campaign:
        made.empty()
        return campaign_in(tmp_path, number, url=made.app, worker_url=made.worker)

    return on_postgres, lambda each: Books(url=made.admin, world=each.folder / "world")


def _plans(kills: int) -> tuple[list[Plan], int]:
    """Return where processes are to die, and how many more die at any moment."""
    if kills < len(BOUNDARIES):
        chosen = [f"{_PLACES[at % len(_PLACES)]} {write}" for at, write in enumerate(WRITES)]
        plans = [Plan(boundary=each) for each in (*chosen, DURING_A_WRITE)]
        return plans, max(1, kills - len(plans))
    plans = [Plan(boundary=each) for each in BOUNDARIES]
    again = (kills - len(plans)) // 2
    # Not only the first time: further statements of a transaction, further items of an order.
    plans += [
        Plan(boundary=_OF_WRITES[at % len(_OF_WRITES)], nth=2 + at % 3) for at in range(again)
    ]
    return plans, kills - len(plans)


def _table(fallen: Counter[str]) -> str:
    rows = (f"{times:5}  {boundary}" for boundary, times in sorted(fallen.items()))
    return "\n".join((*rows, f"{fallen.total():5}  killed in all"))


def test_nothing_is_lost_or_done_twice_wherever_workers_are_killed(
    database: tuple[Open, Callable[[Campaign], Books]], request: pytest.FixtureRequest
) -> None:
    """All orders settle, and the books of all providers agree with the orders'."""
    new, books = database
    plans, anyhow = _plans(_KILLS)
    reached: set[str] = set()

    def settled(campaign: Campaign) -> None:
        assert breaches(books(campaign)) == []
        reached.update(json.loads(campaign.reached.read_text()))

    fallen = kill_all(plans, anyhow=anyhow, new=new, settled=settled)
    print(f"\n{request.node.name}\n{_table(fallen)}")
    assert fallen.total() >= _KILLS
    assert fallen[ANY_MOMENT] == anyhow
    wanted = Counter(plan.boundary for plan in plans)
    assert not wanted - fallen, "a boundary was hit less often than planned"
    assert not reached - set(BOUNDARIES) - _SELDOM, "there is a boundary nobody is killed at"
