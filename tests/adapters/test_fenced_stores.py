"""A lock holder that was paused beyond its lease cannot write once a later holder has written.

The locks are those of this process and those of a real Valkey; the stores remember the fences.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from ordercore.kernel.errors import LeaseLost
from ordercore.ports import Batch, Fence, Lease, LocksPort, Ports
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE, OTHER, a_batch, order_id
from ordercore_adapters import memory, sqlalchemy
from tests.adapters.postgres_server import Database

_NAME = "payment/order-1"
_TTL_S = 10


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ports]:
    """Return ports over an empty store."""
    if request.param == "memory":
        made = memory.ports()
    elif request.param == "sqlite":
        made = sqlalchemy.ports(f"sqlite:///{tmp_path / 'orders.db'}")
    else:
        database: Database = request.getfixturevalue("postgres")
        made = sqlalchemy.ports(database.app, worker_url=database.worker)
    yield made
    drive(made.close())


def _held(locks: LocksPort, *, after_s: float = 0, name: str = _NAME) -> Lease:
    now = AT + timedelta(seconds=after_s)
    lease = drive(locks.acquire(ONE, name, ttl_s=_TTL_S, now=now))
    assert lease is not None
    return lease


def _under(lease: Lease, number: int) -> Batch:
    fence = Fence(name=lease.name, token=lease.fence)
    return evolve(a_batch(number), fences=(fence,))


def test_a_paused_holder_cannot_write_after_a_later_one(locks: LocksPort, bundle: Ports) -> None:
    """It believes to hold the lock still; the store knows better, and writes nothing of it."""
    paused = _held(locks)
    later = _held(locks, after_s=_TTL_S)
    drive(bundle.store.commit(_under(later, 2)))
    with pytest.raises(LeaseLost) as lost:
        drive(bundle.store.commit(_under(paused, 1)))
    assert (lost.value.kind, lost.value.id, lost.value.expected) == ("lock", _NAME, paused.fence)
    assert drive(bundle.orders.get(ONE, order_id(1))) is None
    assert drive(bundle.orders.get(ONE, order_id(2))) is not None
    drive(bundle.store.commit(_under(later, 3)))


def test_a_paused_holder_that_writes_first_has_lost_nothing(
    locks: LocksPort, bundle: Ports
) -> None:
    """Nobody has written under the later fence yet: the two writes have an order all the same."""
    paused = _held(locks)
    later = _held(locks, after_s=_TTL_S)
    drive(bundle.store.commit(_under(paused, 1)))
    drive(bundle.store.commit(_under(later, 2)))
    with pytest.raises(LeaseLost):
        drive(bundle.store.commit(_under(paused, 3)))


def test_a_renewed_lease_writes_on(locks: LocksPort, bundle: Ports) -> None:
    """Under the fence it had."""
    lease = _held(locks)
    drive(bundle.store.commit(_under(lease, 1)))
    renewed = drive(locks.renew(lease, ttl_s=_TTL_S, now=AT + timedelta(seconds=5)))
    assert renewed is not None
    drive(bundle.store.commit(_under(renewed, 2)))


def test_other_locks_and_tenants_are_not_in_the_way(locks: LocksPort, bundle: Ports) -> None:
    """Fences are compared under one name of one tenant."""
    early = _held(locks)
    other = _held(locks, name="payment/order-2")
    assert other.fence > early.fence
    drive(bundle.store.commit(_under(other, 2)))
    elsewhere = Batch(tenant=OTHER, fences=(Fence(name=_NAME, token=other.fence + 5),))
    drive(bundle.store.commit(elsewhere))
    drive(bundle.store.commit(_under(early, 1)))
