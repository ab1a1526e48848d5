"""A worker process of a shop: with the shop's desk, with its customers at home, or with neither."""

from __future__ import annotations

import json

from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Ports
from ordercore_adapters import sqlalchemy
from tests.kill.boundaries import Killer
from tests.kill.goods import AT_THE_PROVIDER, RULES, TENANTS, Deed, Kind, courses, faults
from tests.kill.goods_deeds import Doer
from tests.kill.shift import Campaign, Post, Shift

_AT_ONCE = 4
"""So many orders are beside each other."""


class GoodsShift(Shift):
    """Goods: reserved, paid, picked, shipped, and sometimes sent back."""

    tenants = TENANTS

    def __init__(self, campaign: Campaign, killer: Killer, post: Post) -> None:
        super().__init__(campaign, killer, post, faults(campaign.seed))
        done = set(campaign.journal.lines())
        self._courses = [
            [deed for deed in course if deed.name not in done and self._is_ours(deed)]
            for course in courses(campaign.seed, campaign.orders)
        ]
        self._blocked: set[str] = set()
        self._doer = Doer(core=self.core, gateway=self.world.gateway, is_done=self._is_done)

    def ports(self) -> Ports:
        campaign = self.campaign
        return sqlalchemy.ports(
            campaign.url,
            worker_url=campaign.worker_url,
            retail=RULES,
            **self.world.services(),
        )

    def hear(self) -> bool:
        """Take in what the payment provider tells; who dies now, never hears of it again."""
        if self.post is Post.DESK:
            return False
        notices = self.world.gateway.webhooks.drain(lambda *_: {}, limit=1)
        for notice in notices:
            self.killer.doing = "notice"
            data = json.loads(notice.body)["data"]
            self._doer.notice(TenantId(data["tenant"]), OrderId(data["order_id"]))
        return bool(notices)

    def deed(self, *, waiting: bool, last: bool) -> bool:
        if not waiting:
            self._blocked.clear()
        self._courses = [course for course in self._courses if course]
        for course in self._courses[:_AT_ONCE]:
            deed = course[0]
            if deed.reference in self._blocked or (waiting and self.since_deed < deed.pause):
                continue
            self.killer.doing = deed.kind
            if self._done(deed):
                self.campaign.journal.add(deed.name)
                course.pop(0)
                self.since_deed = 0
                self._blocked.clear()
                return True
            self._blocked.add(deed.reference)
        return False

    def left(self) -> list[str]:
        return [deed.name for course in self._courses for deed in course]

    def _done(self, deed: Deed) -> bool:
        if deed.kind is Kind.WAIT:
            self.clock.advance(deed.amount)
            return True
        return self._doer.do(deed)

    def _is_ours(self, deed: Deed) -> bool:
        at_home = deed.kind in AT_THE_PROVIDER
        return self.post is Post.EVERYTHING or at_home is (self.post is Post.CUSTOMER)

    def _is_done(self, name: str) -> bool:
        return name in self.campaign.journal.lines()
