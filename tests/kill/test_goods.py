"""A shop's processes killed everywhere, on both databases: money, goods and papers add up.

By default a process dies where it is most awkward; from as many kills as there are boundaries on
(``ORDERCORE_KILLS``), every boundary is hit. What must hold at any moment is looked at after each
death by plan, before anybody goes on; what must hold in the end, at the end.
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
from tests.kill.goods_books import breaches, wounds
from tests.kill.places import Places, table
from tests.kill.shift import Campaign, Story

pytestmark = pytest.mark.kill

_KILLS = int(os.environ.get("ORDERCORE_KILLS", "10"))

PLACES_OF_GOODS = Places(
    writes=(
        "write of receive stock",
        "write of drop what nobody has reserved",
        "write of check out",
        "write of answer at once",
        "write of retry payment",
        "write of prolong",
        "write of cancel",
        "write of deliver",
        "write of take cash",
        "write of send back",
        "write of undeliverable",
        "write of retry of a dead letter",
        "write of saga",
        "write of saga authorise",
        "write of saga look for a payment",
        "write of saga void",
        "write of saga capture",
        "write of saga refund",
        "write of saga look for a refund",
        "write of saga pick",
        "write of saga look for a pick",
        "write of saga put back",
        "write of saga pack",
        "write of saga look for a pack",
        "write of saga label",
        "write of saga look for a label",
        "write of saga void a label",
        "write of saga number",
        "write of saga hand over",
        "write of saga look for a hand-over",
        "write of saga post",
        "write of saga notify",
        "write of stream",
        "write of timer",
        "write of reservation",
    ),
    calls=(
        "claim of reservation",
        "claim of saga",
        "claim of stream",
        "claim of timer",
        "authorise",
        "capture",
        "hand over",
        "label",
        "look for a hand-over",
        "look for a label",
        "look for a pack",
        "look for a payment",
        "look for a pick",
        "look for a refund",
        "notify",
        "number",
        "open",
        "pack",
        "page",
        "pick",
        "post",
        "publish",
        "put back",
        "refund",
        "seal",
        "void",
        "void a label",
    ),
    few=(
        "at the end of write of check out",
        "after authorise",
        "within write of answer at once",
        "before write of saga look for a payment",
        "after capture",
        "at the end of write of saga number",
        "after hand over",
        "within write of send back",
        DURING_A_WRITE,
    ),
    in_vain=frozenset({"before claim of validation"}),
    often=(
        "write of receive stock",
        "write of check out",
        "write of answer at once",
        "write of stream",
        "write of saga look for a payment",
        "write of saga pick",
        "write of saga put back",
        "write of saga post",
        "write of saga number",
    ),
    led_to={"write of saga authorise": "before authorise"},
)
"""The tests fail when a process comes to a boundary that is missing here."""


def test_money_goods_and_papers_add_up_wherever_a_shop_is_killed(
    ground: Ground, request: pytest.FixtureRequest
) -> None:
    """Nobody is charged twice, nothing is sold twice, no number is missing, every order ends."""
    plans, anyhow = PLACES_OF_GOODS.plans(_KILLS)
    reached: set[str] = set()

    def fallen(campaign: Campaign) -> None:
        assert wounds(ground.books(campaign)) == []

    def settled(campaign: Campaign) -> None:
        assert breaches(ground.books(campaign)) == []
        reached.update(json.loads(campaign.reached.read_text()))

    died = kill_all(
        plans, anyhow=anyhow, new=partial(ground.open, Story.GOODS), settled=settled, fallen=fallen
    )
    print(f"\n{request.node.name}\n{table(died)}")
    assert died.total() >= _KILLS
    assert died[ANY_MOMENT] == anyhow
    wanted = Counter(plan.boundary for plan in plans)
    assert not wanted - died, "a boundary was hit less often than planned"
    assert not PLACES_OF_GOODS.unknown(reached), "there is a boundary nobody is killed at"
