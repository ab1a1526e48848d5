"""This library as a writer of orders, and processes that write beside each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import sqlalchemy as sa
from attrs import evolve

from ordercore.domain.orders import Order
from ordercore.kernel.ids import EventId, OrderId
from ordercore.ports import Batch, OrderWrite, Ports
from ordercore.testing.builders import a_vps, an_order, an_order_request
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, an_audit_record, an_envelope, stored
from ordercore_adapters import sqlalchemy
from tests.bench.storage_peers import core, raw_sqlite

__all__ = ["client", "fifty_times", "ours_on"]


def _order() -> Order:
    request = an_order_request(a_vps(), a_vps(), a_vps(), reference="REF")
    return an_order(request, order_id=OrderId("order"), tenant=ONE, at=AT)


def _batches(tag: str, orders: int = 1) -> Iterator[Batch]:
    numbers, order = count(), _order()
    while True:
        ids = [OrderId(f"{tag}-{next(numbers):024d}") for _ in range(orders)]
        made = [evolve(order, id=order_id, reference=order_id) for order_id in ids]
        yield Batch(
            tenant=ONE,
            orders=tuple(OrderWrite(stored=stored(each), read_version=None) for each in made),
            audit=tuple(evolve(an_audit_record(), order_id=order_id) for order_id in ids),
            outbox=tuple(
                evolve(an_envelope(), stream=order_id, id=EventId(f"{order_id}.1"))
                for order_id in ids
            ),
        )


def ours_on(bundle: Ports, tag: str, orders: int = 1) -> Callable[[], None]:
    """Return a writer through this library."""
    batches = _batches(tag, orders)
    return lambda: drive(bundle.store.commit(next(batches)))


def fifty_times(write: Callable[[], None]) -> Callable[[], None]:
    """Return fifty calls as one."""

    def write_fifty() -> None:
        for _ in range(50):
            write()

    return write_fifty


def client(make: str, where: str, tag: str, seconds: float, ready: Any, said: Any) -> None:
    """Store orders for a while beside others and say how long each one took."""
    try:
        said.put(_times(make, where, tag, seconds, ready))
    except Exception as error:
        ready.abort()
        said.put(repr(error))


def _times(make: str, where: str, tag: str, seconds: float, ready: Any) -> list[float]:
    if make == "raw":
        write = raw_sqlite(where, tag)
    elif make == "core":
        write = core(sa.create_engine(where), tag)
    else:
        write = ours_on(sqlalchemy.ports(where, migrate=False), tag)
    for _ in range(5):
        write()
    ready.wait()
    times, end = [], time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        write()
        times.append(time.perf_counter() - begun)
    return times
