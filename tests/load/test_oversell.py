"""The last units, wanted by many processes at once: sold is what there was, to the unit.

``make load`` runs it for a minute with sixteen processes on PostgreSQL; in the suite it is short.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from ordercore.domain.inventory import MoveKind, Movement, StockMove
from ordercore.ports import Batch, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT
from ordercore.testing.stock_laws import stock_violations
from ordercore_adapters import sqlalchemy
from tests.adapters.postgres_server import Database, Server
from tests.kill.campaign import FORKS
from tests.load.buyers import SKUS, TENANT, Address, Tally, buyer

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("ORDERCORE_LOAD_SECONDS", "2"))
HOSTS = int(os.environ.get("ORDERCORE_LOAD_HOSTS", "4"))
_FIRST_LOT, _LOT_EVERY_S, _TOLD_EVERY_S, _LATEST_S = 5, 0.02, 5.0, 120
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _receive(ports: Ports, sku: str, quantity: int) -> None:
    move = StockMove(kind=MoveKind.RECEIVE, sku=sku, quantity=quantity)
    drive(ports.store.commit(Batch(tenant=TENANT, stock=(move,))))


def _ledger(ports: Ports, sku: str) -> list[Movement]:
    rows: list[Movement] = []
    while page := drive(ports.stock.movements(TENANT, sku, after=len(rows), limit=1000)):
        rows += page
    return rows


class Sale:
    """One run: goods trickle in, the processes take them, and everything is compared."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.ports = address.ports()
        self.received = Counter[str]()
        self._bought = [FORKS.Value("q", 0) for _ in range(HOSTS)]

    def run(self) -> list[Tally]:
        """Let the processes trade; return what each of them says."""
        gate, said = FORKS.Barrier(HOSTS + 1, timeout=_LATEST_S), FORKS.Queue()
        hosts = [
            FORKS.Process(
                target=buyer,
                args=(self._address, f"host-{number}", SECONDS, gate, self._bought[number], said),
                daemon=True,
            )
            for number in range(HOSTS)
        ]
        for sku in SKUS:
            self._restock(sku, _FIRST_LOT)
        for host in hosts:
            host.start()
        try:
            gate.wait()
            self._trickle()
            gate.wait()
            tallies = [said.get(timeout=_LATEST_S) for _ in hosts]
            for host in hosts:
                host.join(_LATEST_S)
        finally:
            for host in hosts:
                host.kill()
        return tallies

    def _restock(self, sku: str, quantity: int) -> None:
        _receive(self.ports, sku, quantity)
        self.received[sku] += quantity

    def _trickle(self) -> None:
        """Small lots: sometimes there is plenty, mostly there are the last units."""
        random, begun, told = Random(1), time.monotonic(), 0.0
        while (passed := time.monotonic() - begun) < SECONDS:
            self._restock(random.choice(SKUS), random.randint(1, 30))
            if passed - told >= _TOLD_EVERY_S:
                told = passed
                self._tell(passed)
            time.sleep(_LOT_EVERY_S)

    def _tell(self, passed: float) -> None:
        levels = drive(self.ports.stock.levels(TENANT, SKUS))
        free = sum(level.available for level in levels)
        sold = sum(each.value for each in self._bought)
        goods = sum(self.received.values())
        print(f"  {passed:4.0f} s: {goods} units in, {sold} orders, {free} units free", flush=True)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Sale]:
    """Return a sale over a file."""
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    sqlalchemy.migrate(url)
    sale = Sale(Address(url))
    yield sale
    drive(sale.ports.close())


@pytest.fixture
def on_postgres(postgres_server: Server) -> Iterator[tuple[Sale, Database]]:
    """Return a sale over a database of its own, which counts its deadlocks."""
    database = postgres_server.database()
    sale = Sale(Address(database.app, database.worker))
    yield sale, database
    drive(sale.ports.close())


def _judge(sale: Sale, tallies: list[Tally]) -> None:
    """Compare what came in, what the processes say, the levels and the ledgers."""
    assert [tally.fault for tally in tallies if tally.fault] == []
    levels = {level.sku: level for level in drive(sale.ports.stock.levels(TENANT, SKUS))}
    buying = set[str | None]()
    for sku in SKUS:
        level, ledger = levels[sku], _ledger(sale.ports, sku)
        held, shipped = (sum(t.held[sku] for t in tallies), sum(t.shipped[sku] for t in tallies))
        assert stock_violations(level, ledger) == []
        assert level.available == 0, "the last unit was sold too"
        assert (level.reserved, level.on_hand) == (held, held)
        assert held + shipped == sale.received[sku]
        buying |= {row.order_id for row in ledger if row.kind is MoveKind.RESERVE}
    orders = sum(tally.orders for tally in tallies)
    groups = drive(sale.ports.read_models.groups(TENANT, day=AT, week=AT, month=AT))
    assert sum(group.orders for group in groups) == orders == len(buying)
    refused, repeats = sum(t.refused for t in tallies), sum(t.repeats for t in tallies)
    assert min(orders, refused, repeats) > 0, "nothing was fought over"
    goods = sum(sale.received.values())
    print(
        f"\n  {HOSTS} processes, {SECONDS:.0f} s: {goods} units in, all sold; {orders} orders, "
        f"{refused} found too little, {repeats} second releases refused"
    )


def test_no_unit_is_sold_twice_in_a_file(on_sqlite: Sale) -> None:
    """Processes over one SQLite file."""
    _judge(on_sqlite, on_sqlite.run())


@pytest.mark.postgres
@pytest.mark.load
def test_no_unit_is_sold_twice_on_a_server(on_postgres: tuple[Sale, Database]) -> None:
    """Processes over one PostgreSQL database, whose lines come in any order; no deadlock either."""
    sale, database = on_postgres
    tallies = sale.run()
    engine = sa.create_engine(database.admin, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(_DEADLOCKS).scalar() == 0
    _judge(sale, tallies)
