"""Where a worker process begins and ends."""

from __future__ import annotations

import json
import sys
import warnings

from tests.kill.boundaries import Killer, Plan, watch_statements
from tests.kill.goods_shift import GoodsShift
from tests.kill.services import ServiceShift
from tests.kill.shift import Campaign, Post, Shift, Story

_ENOUGH = 20_000
_SHIFTS: dict[Story, type[GoodsShift | ServiceShift]] = {
    Story.SERVICES: ServiceShift,
    Story.GOODS: GoodsShift,
}


def main(campaign: Campaign, plan: Plan | None, post: Post) -> None:
    """Work until nothing is left to do, or until the plan strikes."""
    warnings.simplefilter("error")
    killer = Killer(plan, log=campaign.kills)
    watch_statements(killer, campaign.url)
    shift: Shift = _SHIFTS[campaign.story](campaign, killer, post)
    for _ in range(_ENOUGH):
        if not shift.step():
            shift.close()
            campaign.reached.write_text(json.dumps(killer.counts))
            return
    sys.exit(f"no end in sight after {_ENOUGH} steps")
