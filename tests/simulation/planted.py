"""Mistakes as somebody might make them, to be planted into the library or into an adapter."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import _calls, _change, workers
from ordercore.domain.processes import FULFILMENT, PROVISION, REDELIVERY, REFUND, ProvisioningRules
from ordercore.engine.messaging import Claim, Swept, WorkKind
from ordercore.ports import Batch, Clock, Ids, Ports
from ordercore.testing.simulation import MakePorts
from ordercore_adapters import memory
from ordercore_adapters.memory import store as memory_store
from ordercore_adapters.memory.sweeper import MemorySweeper

__all__ = ["PLANTED", "healthy"]

Plant = Callable[[pytest.MonkeyPatch], MakePorts]


def healthy(clock: Clock, ids: Ids) -> Ports:
    """Return ports without any mistake that we know of."""
    return memory.ports(clock=clock, ids=ids)


def a_store_that_ignores_versions(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever writes last wins."""
    for check in ("_check_orders", "_check_sagas", "_check_trail"):
        monkeypatch.setattr(memory_store, check, lambda batch, rows: None)
    return healthy


def a_worker_that_forgets_to_release(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Events are marked as published, and the work stays."""
    original = memory_store.MemoryStore.commit

    async def commit(self: memory_store.MemoryStore, batch: Batch) -> None:
        only_streams = batch.releases and not batch.orders
        await original(self, evolve(batch, releases=()) if only_streams else batch)

    monkeypatch.setattr(memory_store.MemoryStore, "commit", commit)
    return healthy


def a_refund_under_a_random_key(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Every attempt carries a key of its own."""
    original, numbers = _calls._PORTS["refund"], count(1)

    async def refund(ports: Ports, order: Any, call: Any) -> Any:
        class Careless:
            def __getattr__(self, name: str) -> Any:
                return getattr(ports.payments, name)

            async def refund(self, request: Any) -> Any:
                return await ports.payments.refund(evolve(request, key=f"random-{next(numbers)}"))

        careless: Any = Careless()
        return await original(evolve(ports, payments=careless), order, call)

    monkeypatch.setitem(_calls._PORTS, "refund", refund)
    return healthy


def an_outbox_marked_before_publishing(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """First it is written down that the events left, then they are sent."""

    async def run_stream(ports: Ports, claim: Claim) -> None:
        handed: list[Any] = []

        class Collecting:
            async def publish(self, events: Any) -> int:
                handed.append(events)
                return len(events)

        collecting: Any = Collecting()
        await original(evolve(ports, publisher=collecting), claim)
        for events in handed:
            await ports.publisher.publish(events)

    original = workers._run_stream
    monkeypatch.setitem(workers._HANDLERS, WorkKind.STREAM, run_stream)
    return healthy


def a_saga_that_forgets_to_undo(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What was built stays when its item is taken back."""
    steps = tuple(
        evolve(step, undoes=False) if step.name == PROVISION else step for step in FULFILMENT.steps
    )
    rules = ProvisioningRules(sagas=(evolve(FULFILMENT, steps=steps), REFUND, REDELIVERY))

    def make(clock: Clock, ids: Ids) -> Ports:
        return memory.ports(clock=clock, ids=ids, provisioning=rules)

    return make


def a_store_that_schedules_nothing_on_release(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """A finished piece of work takes with it what was asked for meanwhile."""
    original = memory_store.MemoryStore._write_work

    def write_work(self: memory_store.MemoryStore, batch: Batch) -> None:
        subjects = {release.claim.subject for release in batch.releases}
        work = tuple(each for each in batch.work if each.subject not in subjects)
        original(self, evolve(batch, work=work))
        for release in batch.releases:
            if release.due_at is None:
                rows = self._tables.work._rows.get((release.claim.kind, release.claim.tenant), {})
                rows.pop(release.claim.subject, None)

    monkeypatch.setattr(memory_store.MemoryStore, "_write_work", write_work)
    return healthy


def an_answer_that_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """The record under the idempotency key is not written."""
    original = memory_store.MemoryStore.commit

    async def commit(self: memory_store.MemoryStore, batch: Batch) -> None:
        await original(self, evolve(batch, idempotency=None))

    monkeypatch.setattr(memory_store.MemoryStore, "commit", commit)
    return healthy


def a_timer_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """An order that is never paid waits for ever."""
    monkeypatch.setattr("ordercore.domain.processes.turn.timeouts_for", lambda *_: ())
    return healthy


def a_batch_that_is_written_in_two_parts(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """The order is stored; whoever fails then leaves its events behind."""
    original = memory_store._write

    def write(batch: Batch, rows: Any, **rest: Any) -> None:
        unlucky = any(event.type == "order.cancelled" for event in batch.outbox)
        original(evolve(batch, outbox=()) if unlucky else batch, rows, **rest)

    monkeypatch.setattr(memory_store, "_write", write)
    return healthy


def a_store_that_lets_a_payment_pay_twice(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whichever order a payment is told for, it pays it."""
    monkeypatch.setattr(memory_store, "_check_payments", lambda batch, rows: None)
    return healthy


def a_key_that_stands_for_everybody(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Who chooses the key of another customer gets that customer's answer, or none."""
    monkeypatch.setattr(_change, "_kept_under", lambda caller: caller.idempotency_key or "")
    return healthy


def a_sweeper_that_takes_what_is_unsent(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Old is what was recorded long ago, whether it has left or not."""
    original = MemorySweeper.sweep

    async def sweep(self: MemorySweeper, cutoffs: Any, **how: Any) -> Swept:
        for tenant in self._tables.tenants():
            rows = self._tables.of(tenant)
            unsent = [e for s in rows.outbox.values() for e in s.values()]
            for event in (e for e in unsent if e.id not in rows.published):
                del rows.outbox[event.stream][event.seq]
        return await original(self, cutoffs, **how)

    monkeypatch.setattr(MemorySweeper, "sweep", sweep)
    return healthy


PLANTED: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        a_store_that_ignores_versions,
        a_worker_that_forgets_to_release,
        a_refund_under_a_random_key,
        an_outbox_marked_before_publishing,
        a_saga_that_forgets_to_undo,
        a_store_that_schedules_nothing_on_release,
        an_answer_that_is_not_remembered,
        a_timer_that_is_not_set,
        a_batch_that_is_written_in_two_parts,
        a_store_that_lets_a_payment_pay_twice,
        a_key_that_stands_for_everybody,
        a_sweeper_that_takes_what_is_unsent,
    )
}
