"""Simulated carriers take cash at doors; every cent of it is in a ledger when everything rests."""

from __future__ import annotations

import pytest

from ordercore.ports import Clock, Ids, Ports
from ordercore.testing.simulation import make_plan, run, run_plan
from ordercore.testing.simulation.world import World
from ordercore_adapters import memory


def _ports(clock: Clock, ids: Ids) -> Ports:
    return memory.ports(clock=clock, ids=ids)


@pytest.mark.parametrize("seed", [1, 2])
def test_all_cash_is_booked(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Whatever became of the order that it was paid for."""
    worlds: list[World] = []
    monkeypatch.setattr(run, "judge", worlds.append)
    run_plan(make_plan(seed=seed, orders=50, profile="hostile", kinds="retail"), _ports)

    (world,) = worlds
    booked = {
        (row.order.tenant, entry.key, entry.amount)
        for row in world.watch.rows.values()
        for entry in row.order.ledger
    }
    paid = {(tenant, key, amount) for (tenant, key), amount in world.bank.paid.items()}
    assert paid
    assert paid <= booked
