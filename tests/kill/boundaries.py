"""Where a process may be killed: around every call of a port, and between two statements.

A boundary has a name. The process counts how often it comes to each, and at the one it was told it
writes the name down and sends itself SIGKILL: nothing is closed, flushed or rolled back by it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from attrs import evolve, frozen

from ordercore.engine.messaging import Claim, Release, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Decide, Ports, StoredOrder

DURING_A_WRITE = "during a write"
UNDER_A_LOCK = "under a lock, only looking"
_HELPERS = ("letter", "open", "page", "seal")
"""Parts of a saga's call, and no call of their own."""
_AT_ONCE = ("authorise", "look for a payment", "void")
"""Calls that whoever waits for the answer makes himself."""


@frozen(kw_only=True)
class Plan:
    """Die at the ``nth`` time that this process comes to ``boundary``.

    Attributes:
        first: Where another one has to die before, if nobody would come there otherwise.
    """

    boundary: str
    nth: int = 1
    first: str = ""


class Killer:
    """Counts boundaries, and kills this process at one of them.

    Attributes:
        counts: How often each was reached, in the order in which they were first.
        doing: What the process is at, such as ``place`` or ``saga provision``.
        writing: Name of what the transaction under way writes.
        sent: How many of its statements were sent.
        begun: Its end is a statement of its own.
    """

    def __init__(self, plan: Plan | None, *, log: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.doing = "idle"
        self.writing: str | None = None
        self.sent = 0
        self.begun = False
        self._plan = plan
        self._log = log

    def at(self, boundary: str, *, last_act: Callable[[], None] | None = None) -> None:
        """Come to a boundary; with ``last_act`` something is done before dying there."""
        self.counts[boundary] += 1
        if self._falls(boundary):
            if last_act is not None:
                last_act()
            self._die(boundary)

    def soon(self, boundary: str) -> None:
        """Come to a boundary that is a stretch of time and not a point: die within it."""
        self.counts[boundary] += 1
        if self._falls(boundary):
            delay = (os.getpid() * 7919 % 40) / 20_000  # up to 2 ms, about as long as a commit
            threading.Timer(delay, self._die, (boundary,)).start()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let the block make a transaction; what it writes gets a name as soon as it is known."""
        try:
            yield
        finally:
            self.writing = None

    def writes(self, what: str, *, begun: bool) -> None:
        """Come to the first thing a transaction writes; ``begun`` if there were reads before."""
        self.at(f"before {what}")
        self.soon(DURING_A_WRITE)
        self.writing, self.sent, self.begun = what, int(begun), begun

    def _falls(self, boundary: str) -> bool:
        plan = self._plan
        return plan is not None and (plan.boundary, plan.nth) == (boundary, self.counts[boundary])

    def _die(self, boundary: str) -> None:
        with self._log.open("a") as log:
            log.write(f"{boundary}\n")
        os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A port with a boundary before and after each call of some of its methods, given by name."""

    def __init__(self, inner: Any, killer: Killer, **labels: str) -> None:
        self._inner = inner
        self._killer = killer
        self._labels = labels

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in self._labels:
            return method
        label = self._labels[name]

        async def call(*args: Any, **named: Any) -> Any:
            if self._killer.doing.startswith(WorkKind.SAGA) and label not in _HELPERS:
                self._killer.doing = f"saga {label}"
            elif label in _AT_ONCE:
                self._killer.doing = "answer at once"
            self._killer.at(f"before {label}")
            result = await method(*args, **named)
            self._killer.at(f"after {label}")
            return result

        return call


class WatchedStore:
    """The store, with boundaries before, within and after each transaction that writes.

    Whether it is a commit or an update makes no difference to its name: what it writes does.
    """

    def __init__(self, inner: Any, killer: Killer) -> None:
        self._inner = inner
        self._killer = killer

    async def commit(self, batch: Batch) -> None:
        name = self._name(batch)
        with self._killer.transaction():
            self._killer.writes(name, begun=False)
            await self._inner.commit(batch)
        self._killer.at(f"after {name}")

    async def update(self, tenant: TenantId, order_id: OrderId, decide: Decide) -> Batch | Refusal:
        def watched(stored: StoredOrder, sagas: tuple[SagaState, ...]) -> Batch | Refusal:
            made = decide(stored, sagas)
            if isinstance(made, Batch):
                self._killer.writes(self._name(made), begun=True)
            else:
                self._killer.at(UNDER_A_LOCK)
            return made

        with self._killer.transaction():
            decided: Batch | Refusal = await self._inner.update(tenant, order_id, watched)
        if isinstance(decided, Batch):
            self._killer.at(f"after {self._name(decided)}")
        return decided

    async def claim(self, kind: WorkKind, **named: Any) -> tuple[Claim, ...]:
        self._killer.at(f"before claim of {kind}")
        claims: tuple[Claim, ...] = await self._inner.claim(kind, **named)
        if claims:
            self._killer.doing = str(kind)
            self._killer.at(f"after claim of {kind}")
        return claims

    async def release(self, release: Release) -> None:
        name = f"release of {release.claim.kind}"
        self._killer.at(f"before {name}")
        await self._inner.release(release)
        self._killer.at(f"after {name}")

    async def next_due(self, *, tenant: TenantId | None = None) -> datetime | None:
        due: datetime | None = await self._inner.next_due(tenant=tenant)
        return due

    def _name(self, batch: Batch) -> str:
        if self._killer.doing == WorkKind.VALIDATION:
            return f"write of {'the verdict' if batch.releases else 'the start of validation'}"
        return f"write of {self._killer.doing}"


def watched(bundle: Ports, killer: Killer) -> Ports:
    """Return the bundle with a boundary around every call that may have an effect."""
    return evolve(
        bundle,
        store=WatchedStore(bundle.store, killer),
        provisioner=Watched(
            bundle.provisioner,
            killer,
            provision="provision",
            find="find",
            deprovision="deprovision",
        ),
        payments=Watched(bundle.payments, killer, refund="refund", find_refund="look for a refund"),
        capacity=Watched(bundle.capacity, killer, live_facts="live facts"),
        notifications=Watched(bundle.notifications, killer, send="notify"),
        mailer=Watched(bundle.mailer, killer, deliver="deliver"),
        sealer=Watched(bundle.sealer, killer, seal="seal", open="open"),
        publisher=Watched(bundle.publisher, killer, publish="publish"),
        gateway=Watched(
            bundle.gateway,
            killer,
            authorise="authorise",
            capture="capture",
            void="void",
            refund="refund",
            find="look for a payment",
            page="page",
        ),
        warehouse=Watched(
            bundle.warehouse,
            killer,
            pick="pick",
            find_pick="look for a pick",
            put_back="put back",
            pack="pack",
            find_pack="look for a pack",
        ),
        carrier=Watched(
            bundle.carrier,
            killer,
            label="label",
            find_label="look for a label",
            void_label="void a label",
            hand_over="hand over",
            find_hand_over="look for a hand-over",
        ),
        letters=Watched(bundle.letters, killer, send="post"),
        numbers=Watched(bundle.numbers, killer, next="number"),
    )


def watch_statements(killer: Killer, url: str) -> None:
    """Make the gaps between the statements of a transaction boundaries of this process."""
    if url.startswith("sqlite"):
        sa.event.listen(
            sa.pool.Pool,
            "connect",
            lambda driver, _record: driver.set_trace_callback(
                lambda sql: _before_sqlite(killer, sql)
            ),
        )
    else:
        _watch_psycopg(killer)


def _before_sqlite(killer: Killer, sql: str) -> None:
    """Take the place of each statement: those before it were carried out."""
    if killer.writing is None or sql.startswith("BEGIN"):
        return
    if sql == "COMMIT":
        killer.at(f"at the end of {killer.writing}")
    elif killer.sent:
        killer.at(f"within {killer.writing}")
    killer.sent += 1


def _watch_psycopg(killer: Killer) -> None:
    import psycopg

    execute, pipeline = psycopg.Connection.execute, psycopg.Connection.pipeline

    def watched_execute(self: Any, query: Any, *args: Any, **named: Any) -> Any:
        if killer.writing is not None:
            if query == "COMMIT":
                killer.at(f"at the end of {killer.writing}", last_act=lambda: _carry_out(self))
            elif killer.sent:
                killer.at(f"within {killer.writing}", last_act=lambda: _carry_out(self))
            killer.begun = killer.begun or query == "BEGIN"
            killer.sent += 1
        return execute(self, query, *args, **named)

    @contextmanager
    def watched_pipeline(self: Any) -> Iterator[Any]:
        with pipeline(self) as made:
            yield made
            # What was sent without BEGIN is committed by the synchronisation that comes next.
            if killer.writing is not None and not killer.begun:
                killer.at(f"at the end of {killer.writing}", last_act=lambda: _carry_out(self))

    psycopg.Connection.execute = watched_execute  # type: ignore[method-assign]
    psycopg.Connection.pipeline = watched_pipeline  # type: ignore[method-assign]


def _carry_out(connection: Any) -> None:
    """Have the server carry out what was sent so far, without ending the transaction."""
    connection.pgconn.send_flush_request()
    connection.pgconn.flush()
    time.sleep(0.01)
