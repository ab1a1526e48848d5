"""Locks of this process, and locks of a real Valkey, for whoever guards something by either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ordercore.ports import LocksPort
from ordercore.testing.contracts import drive
from ordercore_adapters import memory
from ordercore_adapters.redis import RedisLocks, connect
from ordercore_adapters.system import SystemIds


@pytest.fixture(params=["memory", "valkey"])
def locks(request: pytest.FixtureRequest) -> Iterator[LocksPort]:
    """Return locks of which none is held."""
    if request.param == "memory":
        yield memory.MemoryLocks()
        return
    connection = connect(request.getfixturevalue("redis_url"))
    prefix = request.getfixturevalue("redis_prefix")
    yield RedisLocks(connection, ids=SystemIds(), prefix=prefix)
    drive(connection.close())
