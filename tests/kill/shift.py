"""One worker process of a campaign: what it goes through again and again until all is done.

What customers do, and what providers tell, is up to the kind of order; see `ServiceShift` and
`GoodsShift`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from ordercore.app import Caller, CloseDeadLetter, ListDeadLetters, OrderCore, WorkOnce
from ordercore.app._drive import drive
from ordercore.domain.processes import NO_SAGA
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.kernel.ids import TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports
from ordercore_adapters.simulated import FaultPlan, World, world
from tests.kill.boundaries import Killer, watched
from tests.kill.clock import SharedClock
from tests.kill.journal import Journal

_SOON = timedelta(hours=1)
_PATIENCE = 6


class Story(StrEnum):
    """What is ordered in a campaign."""

    SERVICES = "services"
    GOODS = "goods"


class Post(StrEnum):
    """What a process does besides work."""

    EVERYTHING = "everything"  # the only process there is
    DESK = "desk"
    CUSTOMER = "customer"
    WORK_ONLY = "work only"


@frozen(kw_only=True)
class Campaign:
    """Where a campaign takes place; everything in ``folder`` but the orders' database.

    Attributes:
        worker_url: Login for the queues of all tenants, where there is one of its own.
    """

    story: Story
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

    @property
    def journal(self) -> Journal:
        """What the customers know to be done."""
        return Journal(self.folder / "deeds")

    def clock(self) -> SharedClock:
        """Return the clock all processes share."""
        return SharedClock(self.folder / "clock")

    def world(self, plan: FaultPlan) -> World:
        """Return the providers, unwatched."""
        return world(self.folder / "world", seed=self.seed, faults=plan, clock=self.clock())


class Shift:
    """The loop of one process: answers from providers first, then customers, then work."""

    tenants: tuple[TenantId, ...] = ()

    def __init__(self, campaign: Campaign, killer: Killer, post: Post, plan: FaultPlan) -> None:
        self.campaign = campaign
        self.killer = killer
        self.post = post
        self.clock = campaign.clock()
        self.plan = plan
        self.world = campaign.world(plan)
        self.since_deed = 0
        self.core = OrderCore(watched(self.ports(), killer))
        self._idle: tuple[datetime | None, int] = (None, 0)

    def ports(self) -> Ports:
        """Return what the process works with, unwatched."""
        raise NotImplementedError

    def hear(self) -> bool:
        """Take in one thing that a provider tells; False when there is none."""
        raise NotImplementedError

    def deed(self, *, waiting: bool, last: bool) -> bool:
        """Do one of the next deeds; False when there is none to be done now.

        Args:
            waiting: Only if its time has come.
            last: All else has come to rest.
        """
        raise NotImplementedError

    def left(self) -> list[str]:
        """Return the deeds that are still to be done."""
        raise NotImplementedError

    def step(self) -> bool:
        """Do one thing; False when nothing will ever be left to do."""
        self.killer.doing = "idle"
        others_first = self.post is not Post.WORK_ONLY
        if others_first and (self.hear() or self.deed(waiting=True, last=False)):
            return True
        if self.core.handle(WorkOnce()) is not None:
            self.since_deed += 1
            return True
        return self._rest()

    def close(self) -> None:
        """Let go of everything."""
        self.world.close()
        self.core.close()

    @property
    def _leads(self) -> bool:
        return self.post in (Post.EVERYTHING, Post.DESK)

    def _rest(self) -> bool:
        """Nothing is due: let time pass, or somebody else do something."""
        due = drive(_awaited(self.core.ports.store.next_due()))
        if due is None and not self._leads:
            time.sleep(0.005)
            return not self.campaign.finished.exists()
        if due is None:
            if self.deed(waiting=False, last=True) or self._retry_letters():
                return True
            assert not self.left(), f"nothing is due, and nobody can do this: {self.left()}"
            self.campaign.finished.touch()
            return False
        if self.post is not Post.WORK_ONLY and self.deed(waiting=False, last=False):
            return True
        if self.post is Post.EVERYTHING or self._waited_for(due):
            self.clock.advance_to(due)
        return True

    def _waited_for(self, due: datetime) -> bool:
        """Return whether others have had time enough to do it, or are not going to."""
        seen, times = self._idle
        self._idle = (due, times + 1 if due == seen else 0)
        time.sleep(0.005)
        if due - self.clock.now() > _SOON and not self._leads:
            return False  # such leaps are for the desk, when no customer is waiting
        return times >= _PATIENCE

    def _retry_letters(self) -> bool:
        self.killer.doing = "retry of a dead letter"
        for tenant in self.tenants:
            operator = Caller.of(tenant, "operator", role="operator")
            letters = self.core.handle(ListDeadLetters(caller=operator))
            assert not isinstance(letters, Refusal)
            for letter in letters[:1]:
                task = letter.saga_id == NO_SAGA  # there is nothing to try again
                closed = self.core.handle(
                    CloseDeadLetter(
                        caller=operator,
                        letter_id=letter.id,
                        how=DeadLetterStatus.RESOLVED if task else DeadLetterStatus.RETRIED,
                        note="seen to" if task else "the provider is well again",
                    )
                )
                assert isinstance(closed, DeadLetter), closed
                return True
        return False


async def _awaited(answer: Awaitable[datetime | None]) -> datetime | None:
    return await answer
