"""What the test processes do: they change the same few orders, each as often as it can."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import frozen

from ordercore import OrderCore
from ordercore.domain.orders import RedeliveryRequested
from ordercore.engine.messaging import Cutoffs, Release, Work, WorkKind
from ordercore.engine.saga import SagaState
from ordercore.kernel.errors import ConcurrencyConflict
from ordercore.kernel.ids import OrderId
from ordercore.ports import Batch, OrderWrite, Ports, StoredOrder
from ordercore.testing.builders import with_events
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import (
    AT,
    LONG_AGO,
    LONG_AHEAD,
    ONE,
    an_audit_record,
    an_envelope,
    changed,
    order_id,
)
from ordercore_adapters import sqlalchemy

__all__ = [
    "ORDERS",
    "Address",
    "Tally",
    "Task",
    "claiming",
    "committing",
    "sweeping",
    "together",
    "updating",
]

ORDERS = 3
_HOSTS = 8


@frozen
class Address:
    """Where the processes meet."""

    url: str
    worker_url: str | None = None

    def ports(self) -> Ports:
        """Return a bundle of one's own."""
        return sqlalchemy.ports(self.url, worker_url=self.worker_url)


@frozen
class Tally:
    """What one process says it has done: rounds that succeeded, and conflicts it met."""

    done: tuple[str, ...]
    conflicts: int
    fault: str = ""


Task = Callable[[Ports, str, int], Tally]


def together(address: Address, task: Task, *, rounds: int) -> list[Tally]:
    """Run ``task`` in eight processes at once and return what each has to say."""
    spawn = multiprocessing.get_context("spawn")
    ready, said = spawn.Barrier(_HOSTS), spawn.Queue()
    hosts = [
        spawn.Process(target=_host, args=(address, task, f"host-{n}", rounds, ready, said))
        for n in range(_HOSTS)
    ]
    for host in hosts:
        host.start()
    tallies = [said.get(timeout=300) for _ in hosts]
    for host in hosts:
        host.join()
    return tallies


def _host(address: Address, task: Task, name: str, rounds: int, ready: Any, said: Any) -> None:
    try:
        with OrderCore(address.ports()) as core:
            ready.wait(timeout=120)
            said.put(task(core.ports, name, rounds))
    except Exception as error:
        said.put(Tally((), 0, repr(error)))


def _next(stored: StoredOrder, number: int) -> Batch:
    """Return the batch that folds one more event into the order."""
    order = stored.order
    later = with_events(
        order, RedeliveryRequested(items=()), at=AT + timedelta(seconds=order.version)
    )
    write = changed(OrderWrite(stored=stored, read_version=None), later)
    return Batch(
        tenant=ONE,
        orders=(write,),
        audit=(an_audit_record(number, later.version),),
        outbox=(an_envelope(number, later.version),),
    )


def committing(bundle: Ports, name: str, rounds: int) -> Tally:
    """Read, decide, commit; after a conflict begin again."""
    done, conflicts = [], 0
    for turn in range(rounds):
        number = turn % ORDERS + 1
        while True:
            stored = drive(bundle.orders.get(ONE, order_id(number)))
            assert stored is not None
            try:
                drive(bundle.store.commit(_next(stored, number)))
            except ConcurrencyConflict as conflict:
                if (conflict.kind, conflict.expected) != ("order", stored.order.version):
                    raise
                conflicts += 1
                continue
            done.append(order_id(number))
            break
    return Tally(tuple(done), conflicts)


def updating(bundle: Ports, name: str, rounds: int) -> Tally:
    """Decide under the lock; a conflict would end the process."""
    done: list[OrderId] = []
    for turn in range(rounds):
        number = turn % ORDERS + 1

        def decide(stored: StoredOrder, _: tuple[SagaState, ...], number: int = number) -> Batch:
            return _next(stored, number)

        drive(bundle.store.update(ONE, order_id(number), decide))
        done.append(order_id(number))
    return Tally(tuple(done), 0)


def claiming(bundle: Ports, name: str, rounds: int) -> Tally:
    """Claim work until none is left; each piece leaves a trace that only its holder may write."""
    done: list[str] = []
    while claims := drive(bundle.store.claim(WorkKind.SAGA, now=AT, limit=3)):
        for claim in claims:
            follow_up = Work(kind=WorkKind.TIMER, subject=claim.subject, due_at=AT)
            batch = Batch(
                tenant=ONE,
                work=(follow_up,),
                releases=(Release(claim=claim, due_at=None),),
            )
            drive(bundle.store.commit(batch))
            done.append(claim.subject)
    return Tally(tuple(done), 0)


def sweeping(bundle: Ports, name: str, rounds: int) -> Tally:
    """Remove published events until none is found; each is counted by who removed it."""
    cutoffs = Cutoffs(published=LONG_AHEAD, taken=LONG_AGO, expired=LONG_AGO)
    removed = 0
    while swept := drive(bundle.sweeper.sweep(cutoffs, limit=7)).events:
        removed += swept
    return Tally((name,) * removed, 0)
