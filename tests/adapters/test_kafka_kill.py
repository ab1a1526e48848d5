"""Relays and consumers are killed at any moment, and the broker too: no event lost, none doubled.

Orders are written to the outbox all the while. In the end each event has exactly one trace, and the
traces of an order stand in the order of its events.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ordercore import OrderCore
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import ONE, an_envelope
from ordercore_adapters import sqlalchemy
from tests.adapters.kafka_desk import effects, read
from tests.adapters.kafka_server import Broker, topic_name
from tests.adapters.postgres_server import Database

ROOT = Path(__file__).parents[2]
KILLS = min(100, int(os.environ.get("ORDERCORE_KILLS", "8")))
PATIENCE_S = 60


class Crowd:
    """Two relays and two consumers; whoever is killed is replaced."""

    def __init__(self, address: str, topic: str, url: str, log: Path) -> None:
        self._words, self._log = (address, topic, url), log.open("ab")
        self._roles = ["relay", "relay", "consume", "consume"]
        self._hosts = [self._start(role) for role in self._roles]

    def kill(self, number: int) -> None:
        """Kill one and start another in its place."""
        host = self._hosts[number]
        assert host.poll() is None, Path(self._log.name).read_text()[-2000:]
        host.kill()
        host.wait()
        self._hosts[number] = self._start(self._roles[number])

    def close(self) -> None:
        """End all of them."""
        for host in self._hosts:
            host.kill()
            host.wait()
        self._log.close()

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.adapters.kafka_hosts", role, *self._words]
        return subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=self._log)


@contextmanager
def crowd(address: str, topic: str, url: str, folder: Path) -> Iterator[Crowd]:
    """Give a crowd that is at work."""
    made = Crowd(address, topic, url, folder / "log")
    try:
        yield made
    finally:
        made.close()


@contextmanager
def desk_of(url: str, *, orders: int) -> Iterator[Desk]:
    """Give a desk, and close its connections also when a storm was too much."""
    with OrderCore(sqlalchemy.ports(url)) as core:
        yield Desk(core.ports, orders)


class Desk:
    """Writes events to the outbox, some orders in turn."""

    def __init__(self, ports: Ports, orders: int) -> None:
        self.ports = ports
        self._orders = orders
        self._seqs: dict[int, int] = defaultdict(int)

    def write(self, count: int) -> None:
        """Write so many events, each in a transaction of its own."""
        for turn in range(count):
            number = turn % self._orders + 1
            self._seqs[number] += 1
            event = an_envelope(number, self._seqs[number])
            drive(self.ports.store.commit(Batch(tenant=ONE, outbox=(event,))))

    def written(self) -> dict[int, list[str]]:
        """Return the ids of all events, by order."""
        return {
            number: [f"order-{number}.{seq}" for seq in range(1, last + 1)]
            for number, last in self._seqs.items()
        }

    def traced(self) -> dict[int, list[str]]:
        """Return the ids of the events that left a trace, by order, in the order of the traces."""
        found: dict[int, list[str]] = defaultdict(list)
        for id_ in effects(self.ports):
            found[int(id_.removeprefix("order-").partition(".")[0])].append(id_)
        return found

    def moving(self) -> None:
        """Wait until an event leaves a trace, whose offset is then not committed yet."""
        until, before = time.monotonic() + 10, len(effects(self.ports))
        while len(effects(self.ports)) == before and time.monotonic() < until:
            time.sleep(0.01)

    def settled(self) -> None:
        """Wait until every event has left a trace, and look once more a little later."""
        until = time.monotonic() + PATIENCE_S
        total = sum(self._seqs.values())
        while len(effects(self.ports)) < total and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(1)
        assert self.traced() == self.written()


def storm(
    desk: Desk, crowd: Crowd, *, kills: int, seed: int, outage: Callable[[], None] = lambda: None
) -> None:
    """Write events while somebody is killed every so often; half-way through there is an outage."""
    chance = random.Random(seed)
    for turn in range(kills):
        desk.write(chance.randint(5, 25))
        relays = turn % 2
        if relays:
            time.sleep(chance.uniform(0, 0.3))
        else:
            desk.moving()
        crowd.kill(chance.choice((0, 1) if relays else (2, 3)))
        if turn == kills // 2:
            outage()
    desk.write(10)


def shake(broker: Broker, desk: Desk) -> Callable[[], None]:
    """Return an outage of the broker: it is killed, events pile up, and it comes back."""

    def outage() -> None:
        if broker.ours:
            broker.stop(kill=True)
            desk.write(20)
            time.sleep(1)
            broker.start()

    return outage


def test_whoever_is_killed_loses_and_doubles_nothing_on_the_stand_in(
    kafka_stand_in: str, tmp_path: Path
) -> None:
    """A relay and a consumer are killed in the middle of their work."""
    topic, url = topic_name(), f"sqlite:///{tmp_path / 'orders.db'}"
    with desk_of(url, orders=4) as desk:
        desk.write(40)
        with crowd(kafka_stand_in, topic, url, tmp_path) as hosts:
            while len(effects(desk.ports)) < 10:
                time.sleep(0.05)
            hosts.kill(2)
            hosts.kill(0)
            desk.write(40)
            desk.settled()


def test_relays_consumers_and_the_broker_are_killed_under_load(
    kafka_broker: Broker, tmp_path: Path
) -> None:
    """A short storm over SQLite; the log of the broker holds repeats, the store does not."""
    topic, url = kafka_broker.topic(), f"sqlite:///{tmp_path / 'orders.db'}"
    with (
        desk_of(url, orders=12) as desk,
        crowd(kafka_broker.address, topic, url, tmp_path) as hosts,
    ):
        storm(desk, hosts, kills=6, seed=1, outage=shake(kafka_broker, desk))
        desk.settled()
    assert in_order(kafka_broker.address, topic, desk.written())


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.postgres
def test_a_long_storm_over_postgres(
    kafka_broker: Broker, postgres: Database, tmp_path: Path
) -> None:
    """Many kills, with as many moments to hit."""
    topic = kafka_broker.topic(partitions=6)
    with (
        desk_of(postgres.admin, orders=30) as desk,
        crowd(kafka_broker.address, topic, postgres.admin, tmp_path) as hosts,
    ):
        storm(desk, hosts, kills=KILLS, seed=2, outage=shake(kafka_broker, desk))
        desk.settled()
    assert in_order(kafka_broker.address, topic, desk.written())
    print(f"\n{KILLS} kills, {sum(map(len, desk.written().values()))} events, none lost or doubled")


def in_order(address: str, topic: str, written: dict[int, list[str]]) -> bool:
    """Return whether the first appearances of each order's events in the log are in order."""
    first: dict[str, dict[str, None]] = defaultdict(dict)
    total = sum(map(len, written.values()))
    for message in read(address, topic, count=100 * total, patience_s=3):
        headers = dict(message.headers() or ())
        first[str(headers["ce_subject"], "ascii")][str(headers["ce_id"], "ascii")] = None
    return {f"order-{number}": ids for number, ids in written.items()} == {
        stream: list(ids) for stream, ids in first.items()
    }
