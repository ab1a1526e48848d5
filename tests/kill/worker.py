"""One worker process of a campaign, with or without the customers' desk."""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Awaitable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import frozen

from ordercore.app import (
    Caller,
    CloseDeadLetter,
    ListDeadLetters,
    OrderCore,
    ReportProvisioning,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.engine.messaging import DeadLetterStatus
from ordercore.engine.saga import Absent, Accepted, Failed
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports, Provisioned, ProvisionOutcome, ProvisionRequest
from ordercore_adapters import sqlalchemy
from ordercore_adapters.simulated import (
    SimulatedCapacity,
    SimulatedCloud,
    SimulatedMail,
    World,
    world,
)
from tests.kill.boundaries import Killer, Plan, Watched, watch_statements, watched
from tests.kill.clock import SharedClock
from tests.kill.scenario import FACTS, TENANTS, Journal, Kind, faults, perform, scenario

_SOON = timedelta(hours=1)
_ENOUGH = 20_000
_PATIENCE = 6


@frozen(kw_only=True)
class Campaign:
    """Where a campaign takes place; everything in ``folder`` but the orders' database.

    Attributes:
        worker_url: Login for the queues of all tenants, where there is one of its own.
    """

    url: str
    worker_url: str | None
    folder: Path
    seed: int
    orders: int

    @property
    def kills(self) -> Path:
        """The list of boundaries at which a process died."""
        return self.folder / "kills"

    @property
    def reached(self) -> Path:
        """How often a process that came to its end had reached each boundary."""
        return self.folder / "reached.json"

    @property
    def finished(self) -> Path:
        """There when nothing is left to do."""
        return self.folder / "finished"

    def clock(self) -> SharedClock:
        """Return the clock all processes share."""
        return SharedClock(self.folder / "clock")

    def world(self) -> World:
        """Return the providers, unwatched."""
        return world(
            self.folder / "world", seed=self.seed, faults=faults(self.seed), clock=self.clock()
        )


def main(campaign: Campaign, plan: Plan | None, *, desk: bool, alone: bool) -> None:
    """Work until nothing is left to do, or until the plan strikes."""
    warnings.simplefilter("error")
    killer = Killer(plan, log=campaign.kills)
    watch_statements(killer, campaign.url)
    shift = _Shift(campaign, killer, desk=desk, alone=alone)
    for _ in range(_ENOUGH):
        if not shift.step():
            shift.close()
            campaign.reached.write_text(json.dumps(killer.counts))
            return
    sys.exit(f"no end in sight after {_ENOUGH} steps")


class _Shift:
    """The loop of one process: answers from providers first, then customers, then work."""

    def __init__(self, campaign: Campaign, killer: Killer, *, desk: bool, alone: bool) -> None:
        self._campaign = campaign
        self._killer = killer
        self._desk = desk
        self._alone = alone
        self._clock = campaign.clock()
        self._world = campaign.world()
        self._callbacks = Journal(campaign.folder / "callbacks")
        self._journal = Journal(campaign.folder / "deeds")
        done = set(self._journal.lines())
        deeds = scenario(campaign.seed, campaign.orders)
        self._deeds = [deed for deed in deeds if deed.name not in done]
        self._core = OrderCore(watched(self._ports(), killer))
        self._since_deed = 0
        self._looked_at: datetime | None = None
        self._idle: tuple[datetime | None, int] = (None, 0)

    def step(self) -> bool:
        """Do one thing; False when nothing will ever be left to do."""
        self._killer.doing = "idle"
        if self._desk and (self._report() or self._deed(waiting=True)):
            return True
        if self._core.handle(WorkOnce()) is not None:
            self._since_deed += 1
            return True
        return self._rest()

    def close(self) -> None:
        self._world.close()
        drive(sqlalchemy.close(self._core.ports))

    def _ports(self) -> Ports:
        campaign, made = self._campaign, self._world
        plan = faults(campaign.seed)
        letters: Any = Watched(made.letters, self._killer, deliver="letter")
        services = made.services() | {
            "provisioner": _CallsBack(made.cloud, self._callbacks),
            "mailer": SimulatedMail(
                letters, made.mailer.books.path, faults=plan, clock=self._clock
            ),
            "capacity": SimulatedCapacity(clock=self._clock, faults=plan, facts=FACTS),
        }
        return sqlalchemy.ports(campaign.url, worker_url=campaign.worker_url, **services)

    def _report(self) -> bool:
        """Tell of one build that was begun earlier and has come to an end."""
        if self._looked_at == self._clock.now():
            return False
        done = set(self._journal.lines())
        for line in self._callbacks.lines():
            if line not in done and self._report_one(line):
                self._journal.add(line)
                return True
        self._looked_at = self._clock.now()
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
        self._killer.doing = "report"
        caller = Caller.of(tenant, "cloud", role="system", idempotency_key=f"{key}-{attempt}")
        self._core.handle(
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
        return await self._world.cloud.find(tenant, key)

    def _deed(self, *, waiting: bool) -> bool:
        """Do the next deed; with ``waiting`` only if its time has come."""
        if not self._deeds:
            return False
        deed = self._deeds[0]
        if waiting and (deed.last or self._since_deed < deed.pause):
            return False
        self._killer.doing = deed.kind
        if deed.kind is Kind.WAIT:
            self._clock.advance(deed.amount)
        else:
            try:
                perform(self._core, self._world.gateway, deed)
            except ConcurrencyConflict:
                return True  # a worker was faster; the same deed is done again
        self._journal.add(deed.name)
        self._deeds.pop(0)
        self._since_deed = 0
        return True

    def _rest(self) -> bool:
        """Nothing is due: let time pass, or somebody else do something."""
        due = drive(_awaited(self._core.ports.store.next_due()))
        if due is None and not self._desk:
            time.sleep(0.005)
            return not self._campaign.finished.exists()
        if due is None:
            if self._deed(waiting=False) or self._retry_letters():
                return True
            self._campaign.finished.touch()
            return False
        if self._desk and self._deeds and not self._deeds[0].last:
            return self._deed(waiting=False)
        if self._alone or self._waited_for(due):
            self._clock.advance_to(due)
        return True

    def _waited_for(self, due: datetime) -> bool:
        """Return whether others have had time enough to do it, or are not going to."""
        seen, times = self._idle
        self._idle = (due, times + 1 if due == seen else 0)
        time.sleep(0.005)
        if due - self._clock.now() > _SOON and not self._desk:
            return False  # such leaps are for the desk, when no customer is waiting
        return times >= _PATIENCE

    def _retry_letters(self) -> bool:
        self._killer.doing = "retry of a dead letter"
        for tenant in TENANTS:
            operator = Caller.of(tenant, "operator", role="operator")
            letters = self._core.handle(ListDeadLetters(caller=operator))
            assert not isinstance(letters, Refusal)
            for letter in letters:
                self._core.handle(
                    CloseDeadLetter(
                        caller=operator,
                        letter_id=letter.id,
                        how=DeadLetterStatus.RETRIED,
                        note="the provider is well again",
                    )
                )
                return True
        return False


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


async def _awaited(answer: Awaitable[datetime | None]) -> datetime | None:
    return await answer
