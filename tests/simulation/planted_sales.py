"""Mistakes about goods and their money, to be planted into the library or into an adapter."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from ordercore.app import _calls, workers
from ordercore.domain import processes
from ordercore.domain.processes.retail import (
    AUTHORISE,
    CAPTURE,
    PICK,
    RETAIL_FULFILMENT,
    SEND,
    RetailRules,
    money,
    repricing,
    stock,
)
from ordercore.domain.processes.turn import Turn
from ordercore.engine.messaging import Claim, WorkKind
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Clock, Ids, Ports, StoredOrder
from ordercore.testing.simulation import MakePorts
from ordercore_adapters import memory
from ordercore_adapters.memory import shelf as memory_shelf
from ordercore_adapters.memory.readers import MemoryOrders

__all__ = ["PLANTED_SALES"]

Plant = Callable[[pytest.MonkeyPatch], MakePorts]


def _healthy(clock: Clock, ids: Ids) -> Ports:
    return memory.ports(clock=clock, ids=ids)


def _under_random_keys(
    monkeypatch: pytest.MonkeyPatch, step: str, port: str, method: str
) -> MakePorts:
    """Every request of a step carries a key of its own."""
    original, made_so_far = _calls._PORTS[step], [0]

    async def made(ports: Ports, order: Any, call: Any) -> Any:
        honest = getattr(ports, port)

        class Careless:
            def __getattr__(self, name: str) -> Any:
                if name != method:
                    return getattr(honest, name)

                async def asked(request: Any) -> Any:
                    made_so_far[0] += 1
                    key = f"{order.id}.{step}.{made_so_far[0]}"
                    return await getattr(honest, method)(evolve(request, key=key))

                return asked

        careless: Any = Careless()
        return await original(evolve(ports, **{port: careless}), order, call)

    def make(clock: Clock, ids: Ids) -> Ports:
        made_so_far[0] = 0  # a run that is repeated has to tell the same story
        return memory.ports(clock=clock, ids=ids)

    monkeypatch.setitem(_calls._PORTS, step, made)
    return make


def a_capture_under_a_random_key(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever is not answered takes the money once more."""
    return _under_random_keys(monkeypatch, CAPTURE, "gateway", "capture")


def an_authorisation_under_a_random_key(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What was charged is not found again."""
    return _under_random_keys(monkeypatch, AUTHORISE, "gateway", "authorise")


def a_hold_that_ends_unseen(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Until when money is held is written down, and nobody is asked to look by then."""
    monkeypatch.setattr(
        money, "_record", lambda turn, event, *, leads=False: turn.record(event, leads=leads)
    )
    return _healthy


def a_letter_under_a_random_key(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever is not answered writes once more."""
    return _under_random_keys(monkeypatch, SEND, "letters", "send")


def a_letter_sent_again_under_its_old_key(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever has a letter sent again is told that it was, and gets nothing."""
    original = _calls._PORTS[SEND]

    async def made(ports: Ports, order: Any, call: Any) -> Any:
        class Careless:
            async def send(self, letter: Any) -> Any:
                key = f"{order.id}.{letter.kind}"
                return await ports.letters.send(evolve(letter, key=key))

        careless: Any = Careless()
        return await original(evolve(ports, letters=careless), order, call)

    monkeypatch.setitem(_calls._PORTS, SEND, made)
    return _healthy


def a_shelf_that_is_read_before_it_is_locked(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Levels are checked as they were before the last move."""
    original = memory_shelf.book
    known: dict[tuple[str, str], Any] = {}

    def book(moves: Any, *, tenant: Any, at: Any, levels: Any, holdings: Any) -> Any:
        moves = tuple(moves)
        seen = {sku: known.get((tenant, sku), level) for sku, level in levels.items()}
        for move in moves:
            if move.sku in levels:
                known[tenant, move.sku] = levels[move.sku]
        return original(moves, tenant=tenant, at=at, levels=seen, holdings=holdings)

    def make(clock: Clock, ids: Ids) -> Ports:
        known.clear()  # every run begins with an empty store
        return memory.ports(clock=clock, ids=ids)

    monkeypatch.setattr(memory_shelf, "book", book)
    return make


def a_pick_that_is_never_put_back(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What was picked for an order that is called off stays in its tray."""
    steps = tuple(
        evolve(step, undoes=False) if step.name == PICK else step
        for step in RETAIL_FULFILMENT.steps
    )
    careless = evolve(RETAIL_FULFILMENT, steps=steps)
    shipped = RetailRules().sagas
    sagas = tuple(careless if saga.name == careless.name else saga for saga in shipped)

    def make(clock: Clock, ids: Ids) -> Ports:
        return memory.ports(clock=clock, ids=ids, retail=RetailRules(sagas=sagas))

    return make


def an_event_under_a_new_id_each_time(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Consumers cannot drop what is sent twice."""
    original, numbers = workers._run_stream, count(1)

    async def run_stream(ports: Ports, claim: Claim) -> None:
        class Renaming:
            async def publish(self, events: Any) -> int:
                renamed = tuple(
                    evolve(e, envelope=evolve(e.envelope, id=f"{e.envelope.id}.{next(numbers)}"))
                    for e in events
                )
                sent = await ports.publisher.publish(renamed)
                await _tell_of_the_real_ones(ports, events[:sent])
                return sent

        renaming: Any = Renaming()
        await original(evolve(ports, publisher=renaming), claim)

    monkeypatch.setitem(workers._HANDLERS, WorkKind.STREAM, run_stream)
    return _healthy


async def _tell_of_the_real_ones(ports: Ports, events: Any) -> None:
    """Let the simulator believe that these arrived; it is the consumers who must notice."""
    publisher: Any = ports.publisher
    if events:
        ids = [event.envelope.id for event in events]
        publisher.watch.arrived(events[0].envelope.tenant, ids)


def a_reservation_nobody_ends(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Unpaid goods are held, and no work is scheduled to let them go."""

    def hold(turn: Any) -> None:
        until = turn.at + turn.rules.held_for
        turn.record(stock.StockReserved(until=until))

    monkeypatch.setattr(stock, "_hold", hold)
    return _healthy


def a_target_that_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """An order moves on, and nobody is asked to look whether it stays there."""
    monkeypatch.setattr(Turn, "_move_target", lambda turn, event: None)
    return _healthy


def a_target_that_is_only_said(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Once it was said that an order is overdue, nobody looks again."""
    original = processes.look_after

    def look_after(turn: Any) -> Any:
        again = original(turn)
        return None if turn.recorded else again

    monkeypatch.setattr(processes, "look_after", look_after)
    return _healthy


def a_number_that_is_skipped(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever asks for a number has it, and one is kept in reserve."""

    async def ask(self: Any, tenant: TenantId, series: str) -> int:
        numbers = self._tables.of(tenant).numbers
        numbers[series] = numbers.get(series, 0) + 2
        return int(numbers[series])

    monkeypatch.setattr(memory.MemoryNumbers, "next", ask)
    monkeypatch.setattr("ordercore_adapters.memory.store.check_numbers", lambda batch, rows: ())
    return _healthy


def a_lower_price_that_pays_nothing_back(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What was taken before the price was lowered is kept."""
    monkeypatch.setattr(repricing, "pay_back_excess", lambda turn, reason: None)
    return _healthy


def a_lower_price_without_its_paper(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """The invoice stays as it is, and no credit note says what is less."""
    monkeypatch.setattr(repricing, "credit_lines", lambda turn, lines, reason: None)
    return _healthy


def a_reader_that_ignores_the_tenant(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Whoever knows the id of an order can read it."""

    async def get(self: Any, tenant: TenantId, order_id: OrderId) -> StoredOrder | None:
        everybody = self._tables._tenants.values()
        return next((r.orders[order_id] for r in everybody if order_id in r.orders), None)

    monkeypatch.setattr(MemoryOrders, "get", get)
    return _healthy


PLANTED_SALES: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        a_capture_under_a_random_key,
        a_hold_that_ends_unseen,
        a_letter_sent_again_under_its_old_key,
        a_letter_under_a_random_key,
        a_lower_price_that_pays_nothing_back,
        a_lower_price_without_its_paper,
        a_number_that_is_skipped,
        a_pick_that_is_never_put_back,
        a_reader_that_ignores_the_tenant,
        a_reservation_nobody_ends,
        a_shelf_that_is_read_before_it_is_locked,
        a_target_that_is_not_watched,
        a_target_that_is_only_said,
        an_authorisation_under_a_random_key,
        an_event_under_a_new_id_each_time,
    )
}
