"""Workers killed everywhere, on both databases: nothing is lost, nothing is done twice.

By default every transaction is hit once, in one of the ways it can be; ``ORDERCORE_KILLS`` asks for
more, and from as many kills as there are boundaries on, every boundary is hit.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import partial

import pytest

from tests.kill.boundaries import DURING_A_WRITE
from tests.kill.campaign import ANY_MOMENT, kill_all
from tests.kill.conftest import Ground
from tests.kill.places import PLACES, Places, table
from tests.kill.shift import Campaign, Story
from tests.kill.verify import breaches

pytestmark = pytest.mark.kill

_KILLS = int(os.environ.get("ORDERCORE_KILLS", "20"))

_WRITES = (
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
_CALLS = (
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
PLACES_OF_SERVICES = Places(
    writes=_WRITES,
    calls=_CALLS,
    few=(
        *(f"{PLACES[at % len(PLACES)]} {write}" for at, write in enumerate(_WRITES)),
        DURING_A_WRITE,
    ),
    in_vain=frozenset({"before claim of reservation"}),
)
"""The tests fail when a process comes to a boundary that is missing here."""


def test_nothing_is_lost_or_done_twice_wherever_workers_are_killed(
    ground: Ground, request: pytest.FixtureRequest
) -> None:
    """All orders settle, and the books of all providers agree with the orders'."""
    plans, anyhow = PLACES_OF_SERVICES.plans(_KILLS)
    reached: set[str] = set()

    def settled(campaign: Campaign) -> None:
        assert breaches(ground.books(campaign)) == []
        reached.update(json.loads(campaign.reached.read_text()))

    fallen = kill_all(
        plans, anyhow=anyhow, new=partial(ground.open, Story.SERVICES), settled=settled
    )
    print(f"\n{request.node.name}\n{table(fallen)}")
    assert fallen.total() >= _KILLS
    assert fallen[ANY_MOMENT] == anyhow
    wanted = Counter(plan.boundary for plan in plans)
    assert not wanted - fallen, "a boundary was hit less often than planned"
    assert not PLACES_OF_SERVICES.unknown(reached), "there is a boundary nobody is killed at"
