"""Memory runs out between two statements of a transaction: the database stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ordercore.app import Caller, OrderCore, Placed, PlaceOrder, SubmitOrder, WorkOnce
from ordercore.domain.orders import Order
from ordercore.engine.messaging import WorkKind
from ordercore.testing.builders import an_order_request
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory
from ordercore_adapters import sqlalchemy as sql
from ordercore_adapters.sqlalchemy import links

MINUTE = timedelta(minutes=1)
CALLER = Caller.of("tenant-a", "alice", idempotency_key="k-1")


class Appetite:
    """Has no memory left for the answer to one statement, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        original = links._answer

        def answer(cursor: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise MemoryError
            return original(cursor)

        monkeypatch.setattr(links, "_answer", answer)

    def starve(self, act: Callable[[], object], *, at: int) -> bool:
        """Run out of memory at a statement of that number; return whether there was one."""
        self._left = at
        try:
            act()
        except MemoryError:
            return True
        finally:
            self._left = 0
        return False


@pytest.fixture
def appetite(monkeypatch: pytest.MonkeyPatch) -> Appetite:
    """What eats the memory."""
    return Appetite(monkeypatch)


def dump(path: Path) -> str:
    """Return everything in the database but the leases, as statements."""
    with closing(sqlite3.connect(path)) as connection:
        return "".join(line for line in connection.iterdump() if 'INTO "work"' not in line)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "orders.db"


@pytest.fixture
def core(path: Path) -> Iterator[OrderCore]:
    """A core over it; what is outside is in memory."""
    services = memory.ports()
    ports = sql.ports(
        f"sqlite:///{path}",
        clock=ManualClock(),
        ids=CountingIds(),
        **{
            name: getattr(services, name)
            for name in ("provisioner", "payments", "capacity", "mailer", "sealer", "publisher")
        },
    )
    with OrderCore(ports) as made:
        yield made


def test_a_write_starved_at_any_statement_is_there_as_a_whole_or_not_at_all(
    core: OrderCore, path: Path, appetite: Appetite
) -> None:
    """Whole only behind the commit; the same request under the same key is answered alike."""
    placed = core.handle(PlaceOrder(caller=CALLER, request=an_order_request()))
    assert isinstance(placed, Placed)
    submit = SubmitOrder(caller=CALLER, order_id=placed.order.id)
    before, left = dump(path), []
    for number in count(1):
        if not appetite.starve(lambda: core.handle(submit), at=number):
            break
        left.append(dump(path))
    submitted = core.handle(submit)
    assert isinstance(submitted, Order)
    assert (submitted.state, submitted.version) == ("pending_payment", 2)
    assert left.count(before) > 5
    assert set(left) <= {before, dump(path)}


def test_a_worker_starved_at_any_statement_leaves_the_work_to_the_next(
    core: OrderCore, path: Path, appetite: Appetite
) -> None:
    """It gives its lease back or leaves it to run out; no event is marked that was not sent."""
    core.handle(PlaceOrder(caller=CALLER, request=an_order_request()))
    clock, publisher = core.ports.clock, core.ports.publisher
    assert isinstance(clock, ManualClock)
    assert isinstance(publisher, memory.CollectedEvents)
    work = WorkOnce(kinds=(WorkKind.STREAM,))
    before, left = dump(path), []
    for number in count(1):
        if not appetite.starve(lambda: core.handle(work), at=number):
            break
        left.append(dump(path))
        assert publisher.events or left[-1] == before
        clock.advance(MINUTE)
    assert {sent.envelope.type for sent in publisher.events} == {"order.created"}
    assert core.handle(work) is None
    assert left.count(before) > 3
    assert set(left) <= {before, dump(path)}
    assert dump(path) != before
