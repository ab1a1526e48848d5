"""A worker process where services are ordered, with or without the customers' desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ordercore.app import Caller, ReportProvisioning
from ordercore.app._drive import drive
from ordercore.engine.saga import Absent, Accepted, Failed
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Ports, Provisioned, ProvisionOutcome, ProvisionRequest
from ordercore_adapters import sqlalchemy
from ordercore_adapters.simulated import SimulatedCapacity, SimulatedCloud, SimulatedMail
from tests.kill.boundaries import Killer, Watched
from tests.kill.journal import Journal
from tests.kill.scenario import FACTS, TENANTS, Kind, faults, perform, scenario
from tests.kill.shift import Campaign, Post, Shift


class ServiceShift(Shift):
    """Services: built by a cloud that calls back, delivered by mail."""

    tenants = TENANTS

    def __init__(self, campaign: Campaign, killer: Killer, post: Post) -> None:
        self._callbacks = Journal(campaign.folder / "callbacks")
        super().__init__(campaign, killer, post, faults(campaign.seed))
        done = set(campaign.journal.lines())
        deeds = scenario(campaign.seed, campaign.orders)
        desk = post in (Post.EVERYTHING, Post.DESK)
        self._deeds = [deed for deed in deeds if deed.name not in done] if desk else []
        self._looked_at: datetime | None = None

    def ports(self) -> Ports:
        campaign, made = self.campaign, self.world
        letters: Any = Watched(made.letters, self.killer, deliver="letter")
        services = made.services() | {
            "provisioner": _CallsBack(made.cloud, self._callbacks),
            "mailer": SimulatedMail(
                letters, made.mailer.books.path, faults=self.plan, clock=self.clock
            ),
            "capacity": SimulatedCapacity(clock=self.clock, faults=self.plan, facts=FACTS),
        }
        return sqlalchemy.ports(campaign.url, worker_url=campaign.worker_url, **services)

    def hear(self) -> bool:
        """Tell of one build that was begun earlier and has come to an end."""
        if self.post is Post.CUSTOMER or self._looked_at == self.clock.now():
            return False
        done = set(self.campaign.journal.lines())
        for line in self._callbacks.lines():
            if line not in done and self._report_one(line):
                self.campaign.journal.add(line)
                return True
        self._looked_at = self.clock.now()
        return False

    def _report_one(self, line: str) -> bool:
        tenant, order_id, key, attempt = line.split("\t")
        try:
            outcome = drive(self._find(TenantId(tenant), key))
        except TimeoutError:
            return False
        if isinstance(outcome, Absent):
            return True
        if not isinstance(outcome, Provisioned | Failed):
            return False
        self.killer.doing = "report"
        caller = Caller.of(tenant, "cloud", role="system", idempotency_key=f"{key}-{attempt}")
        self.core.handle(
            ReportProvisioning(
                caller=caller,
                order_id=OrderId(order_id),
                key=key,
                attempt=int(attempt),
                outcome=outcome,
            )
        )
        return True

    async def _find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        return await self.world.cloud.find(tenant, key)

    def deed(self, *, waiting: bool, last: bool) -> bool:
        if not self._deeds or (self._deeds[0].last and not last):
            return False
        deed = self._deeds[0]
        if waiting and self.since_deed < deed.pause:
            return False
        self.killer.doing = deed.kind
        if deed.kind is Kind.WAIT:
            self.clock.advance(deed.amount)
        else:
            try:
                perform(self.core, self.world.gateway, deed)
            except ConcurrencyConflict:
                return True  # a worker was faster; the same deed is done again
        self.campaign.journal.add(deed.name)
        self._deeds.pop(0)
        self.since_deed = 0
        return True

    def left(self) -> list[str]:
        return [deed.name for deed in self._deeds]


class _CallsBack:
    """The cloud, with a list of the requests it will call back about."""

    def __init__(self, cloud: SimulatedCloud, callbacks: Journal) -> None:
        self._cloud = cloud
        self._callbacks = callbacks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        outcome = await self._cloud.provision(request)
        if isinstance(outcome, Accepted):
            line = (request.tenant, request.order_id, request.key, str(request.attempt))
            self._callbacks.add("\t".join(line))
        return outcome
