"""The shipped fulfilment saga on the embedded runner and on Temporal, side by side.

The same orders, tables of steps, providers and stores; only who runs the sagas differs. Each round
every variant starts one process, lets two sagas pass unmeasured, then takes sagas one at a time and
sixteen at a time. A saga is timed from the moment its work is due until another process sees in the
database that it is done. At the end processes are killed while they work, on every variant at the
same time, and all books are compared.

The Temporal server is a development server in memory on the same machine: a cluster does better at
many at once, and worse at one. What is compared is what a host gets on one small machine.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import define, field

from tests.adapters.postgres_server import Database, Server
from tests.bench.measure import told
from tests.bench.results import keep
from tests.runners.killing import Killed, kill_while_working
from tests.runners.place import Place
from tests.runners.shop import Shop

ROUNDS = int(os.environ.get("BENCH_RUNNER_ROUNDS", "5"))
AT_ONCE = 16
EMBEDDED, TEMPORAL = "embedded, ", "Temporal, "
STORES = ("SQLite", "PostgreSQL")
AMOUNTS = {EMBEDDED: (12, 48), TEMPORAL: (8, 32)}
"""Sagas one at a time and many at once, in each round."""


@define
class Times:
    """Of one variant: seconds per saga in each round, and how long each single saga took."""

    each: list[float] = field(factory=list)
    latencies: list[float] = field(factory=list)

    def add(self, spans: list[tuple[float, float]]) -> None:
        """Take in a round."""
        begun, ended = min(begun for begun, _ in spans), max(ended for _, ended in spans)
        self.each.append((ended - begun) / len(spans))
        self.latencies += [ended - begun for begun, ended in spans]

    def percentile(self, percent: int) -> float:
        """Return how long that many of a hundred took at most, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def _place(folder: Path, store: str, database: Database | None, **runner: str) -> Place:
    if database is None:
        url = f"sqlite:///{folder / 'orders.db'}"
        return Place(folder=folder, url=url, all_rows_url=url, **runner)
    return Place(
        folder=folder,
        url=database.app,
        worker_url=database.worker,
        all_rows_url=database.admin,
        **runner,
    )


@pytest.fixture
def shops(
    tmp_path: Path, postgres_server: Server, temporal_address: str
) -> Iterator[dict[str, Shop]]:
    """Return a shop for each runner on each store."""
    made: dict[str, Shop] = {}
    for number, name in enumerate(f"{who}{store}" for store in STORES for who in AMOUNTS):
        folder = tmp_path / f"shop-{number}"
        folder.mkdir()
        database = postgres_server.database() if name.endswith("PostgreSQL") else None
        runner = {}
        if name.startswith(TEMPORAL):
            runner = {"address": temporal_address, "queue": f"bench-{os.getpid()}-{number}"}
        made[name] = Shop(_place(folder, name, database, **runner))
    yield made
    for shop in made.values():
        shop.close()


@pytest.mark.postgres
def test_runners(shops: dict[str, Shop]) -> None:
    """Throughput and latency, one and sixteen at a time; then the shooting."""
    alone: dict[str, Times] = {name: Times() for name in shops}
    crowd: dict[str, Times] = {name: Times() for name in shops}
    for _ in range(ROUNDS):
        for name, shop in shops.items():
            _round(shop, name, alone[name], crowd[name])
    _tell("one saga at a time", alone)
    _tell(f"{AT_ONCE} sagas at a time", crowd)
    _shooting(shops)


def _round(shop: Shop, name: str, alone: Times, crowd: Times) -> None:
    few, many = AMOUNTS[EMBEDDED if name.startswith(EMBEDDED) else TEMPORAL]
    held = shop.paid(2 + few + many)
    with shop.staffed():
        shop.take(held[:2], at_once=2)
        alone.add(shop.take(held[2 : 2 + few], at_once=1))
        crowd.add(shop.take(held[2 + few :], at_once=AT_ONCE))


def _tell(title: str, times: dict[str, Times]) -> None:
    for store in STORES:
        sides = (f"{TEMPORAL}{store}", f"{EMBEDDED}{store}")
        told(f"{title}, {store} (Temporal = 1)", {name: times[name].each for name in sides})
        for name in sides:
            p50, p95 = times[name].percentile(50), times[name].percentile(95)
            count = len(times[name].latencies)
            print(f"  {name:<52} p50 {p50:8.1f} ms   p95 {p95:8.1f} ms   of {count} sagas")
        quick, slow = times[sides[1]], times[sides[0]]
        shorter = slow.percentile(95) / quick.percentile(95)
        print(f"  95th percentile, Temporal over embedded: {shorter:.1f}, over all rounds")
        keep(f"{title}, {store}: 95th percentile", sides[1], sides[0], [shorter])


def _shooting(shops: dict[str, Shop]) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(len(shops)) as pool:  # they mostly wait for leases to run out
        shot = dict(zip(shops, pool.map(_shoot, shops.values()), strict=True))
    print("\nprocesses killed with SIGKILL while they run sagas of two items, then all books read")
    for name, killed in shot.items():
        print(
            f"  {name:<52} {killed.kills} kills, {killed.busy} with sagas under way, "
            f"all done after {killed.seconds:.0f} s, {len(killed.breaches)} breaches"
        )
    print(f"  altogether {time.monotonic() - begun:.0f} s")
    assert [f"{name}: {each}" for name, killed in shot.items() for each in killed.breaches] == []
    assert statistics.mean(killed.busy for killed in shot.values()) >= 1


def _shoot(shop: Shop) -> Killed:
    return kill_while_working(shop, sagas=12, items=2, kills=3, seed=7)
