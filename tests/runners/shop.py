"""The shop's side: orders that are paid and wait to be fulfilled, and how long that takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from ordercore import (
    Caller,
    ConfirmPayment,
    OrderCore,
    Placed,
    PlaceOrder,
    SubmitOrder,
    WorkOnce,
)
from ordercore.app import WorkOn
from ordercore.app._drive import drive
from ordercore.engine.messaging import Claim, Release, WorkKind
from ordercore.testing.builders import a_vps, an_order_request
from ordercore_adapters import sqlalchemy
from tests.kill.verify import Books, breaches
from tests.runners.place import Place

__all__ = ["Process", "Shop"]

Process = subprocess.Popen[bytes]
ROOT = Path(__file__).parents[2]
CUSTOMER = Caller.of("tenant-a", "alice")
SYSTEM = Caller.of("tenant-a", "payments", role="system")
PATIENCE_S = 100
_HELD = 3600
_LOOK_S = 0.001


class Shop:
    """Takes orders, starts their sagas and looks on; others run them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.folder.mkdir(parents=True, exist_ok=True)
        self._file = place.write()
        self._world = place.world()
        self._core = OrderCore(place.ports(self._world))
        self._rows = sa.create_engine(place.all_rows_url)
        self._orders = 0

    def close(self) -> None:
        """Let go of everything."""
        drive(sqlalchemy.close(self._core.ports))
        self._world.close()
        self._rows.dispose()

    # Orders -----------------------------------------------------------------------------------

    def paid(self, orders: int, *, items: int = 1) -> list[Claim]:
        """Return that many sagas that are about to begin, held back; nobody may work meanwhile."""
        for _ in range(orders):
            self._pay(items)
        checks = WorkOnce(kinds=(WorkKind.VALIDATION,))
        while self._core.handle(checks) is not None:
            pass
        ports = self._core.ports
        lease = timedelta(seconds=_HELD)
        now = ports.clock.now()
        held = drive(ports.store.claim(WorkKind.SAGA, now=now, limit=orders, lease=lease))
        assert len(held) == orders
        return list(held)

    def _pay(self, items: int) -> None:
        self._orders += 1
        name = f"R-{self._orders:04d}"
        request = an_order_request(*(a_vps() for _ in range(items)), reference=name)
        placed = self._core.handle(PlaceOrder(caller=CUSTOMER, request=request))
        assert isinstance(placed, Placed)
        order = placed.order
        self._core.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
        reference = self._world.gateway.pay(name, order.tenant, order.reference, order.total)
        self._core.handle(
            ConfirmPayment(
                caller=SYSTEM, order_id=order.id, reference=reference, amount=order.total
            )
        )

    def begin(self, saga: Claim) -> None:
        """Let a saga begin."""
        ports = self._core.ports
        drive(ports.store.release(Release(claim=saga, due_at=ports.clock.now())))

    def running(self) -> set[str]:
        """Return the sagas that have not come to their end."""
        with self._rows.connect() as connection:
            found = connection.exec_driver_sql("SELECT id FROM sagas WHERE status = 'running'")
            return {row[0] for row in found}

    def take(self, sagas: Sequence[Claim], *, at_once: int) -> list[tuple[float, float]]:
        """Keep so many sagas going until all are done; return when each began and was seen done."""
        waiting, going, times = deque(sagas), dict[str, float](), list[tuple[float, float]]()
        until = time.perf_counter() + PATIENCE_S
        while waiting or going:
            while waiting and len(going) < at_once:
                saga = waiting.popleft()
                going[saga.subject] = time.perf_counter()
                self.begin(saga)
            time.sleep(_LOOK_S)
            running, now = self.running(), time.perf_counter()
            assert now < until, f"{len(going)} sagas never came to their end"
            times += [(going.pop(each), now) for each in set(going) - running]
        return times

    # Processes --------------------------------------------------------------------------------

    def start(self) -> Process:
        """Start a process that runs sagas."""
        command = [sys.executable, "-m", "tests.runners.host", str(self._file)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    @contextmanager
    def staffed(self) -> Iterator[None]:
        """Have one process run sagas while the block lasts."""
        process = self.start()
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def in_hand(self) -> int:
        """Return how many pieces of saga work are leased right now."""
        query = "SELECT count(*) FROM work WHERE kind = 'saga' AND lease_until IS NOT NULL"
        with self._rows.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def breaches(self) -> list[str]:
        """Publish what is left to publish, and compare all books."""
        ports = self._core.ports
        while self._core.handle(WorkOnce(kinds=(WorkKind.STREAM, WorkKind.TIMER))) is not None:
            pass
        # A bridge looks again after minutes whether a workflow is still there: not that late here.
        later = ports.clock.now() + timedelta(seconds=_HELD)
        for claim in drive(ports.store.claim(WorkKind.SAGA, now=later, limit=1000)):
            self._core.handle(WorkOn(claim=claim))
        self._world.cloud.settle()
        books = Books(url=self.place.all_rows_url, world=self.place.folder / "world")
        return breaches(books)
