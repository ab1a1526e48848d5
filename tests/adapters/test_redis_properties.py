"""Whatever is asked and whenever, Redis answers as its twin in memory does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercore.ports import Lease, RateLimit
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT, ONE
from ordercore.testing.fakes import CountingIds
from ordercore_adapters import memory
from ordercore_adapters.redis import Connection, RedisLocks, RedisRateLimits, connect

_RUNS = count(1)
_US = st.integers(min_value=-20_000_000, max_value=60_000_000)
_LIMITS = st.builds(
    RateLimit,
    refill=st.integers(1, 1000),
    per_s=st.integers(1, 3600),
    burst=st.integers(1, 5),
)
_ACTS = st.tuples(st.sampled_from(["acquire", "renew", "release"]), _US, st.integers(0, 9))
_FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def connection(redis_url: str) -> Iterator[Connection]:
    """Return a blocking connection."""
    made = connect(redis_url)
    yield made
    drive(made.close())


def fresh() -> str:
    """Return a prefix of this example's own."""
    return f"ordercore-test-{os.getpid()}-{os.urandom(4).hex()}-{next(_RUNS)}"


@_FEW
@given(limit=_LIMITS, moments=st.lists(_US, min_size=1, max_size=20))
def test_buckets_answer_alike(connection: Connection, limit: RateLimit, moments: list[int]) -> None:
    """Verdict, tokens that are left, and the moment to come back, to the microsecond."""
    redis, twin = RedisRateLimits(connection, prefix=fresh()), memory.MemoryRateLimits()
    for moment in moments:
        now = AT + timedelta(microseconds=moment)
        asked = [drive(one.take(ONE, "api", limit=limit, now=now)) for one in (redis, twin)]
        assert asked[0] == asked[1]


@_FEW
@given(acts=st.lists(_ACTS, min_size=1, max_size=20))
def test_locks_answer_alike(connection: Connection, acts: list[tuple[str, int, int]]) -> None:
    """Who gets the lock, who keeps it, and under which fence; old leases are tried as well."""
    pair = (
        RedisLocks(connection, ids=CountingIds(), prefix=fresh()),
        memory.MemoryLocks(ids=CountingIds()),
    )
    leases: list[Lease] = []
    for act, moment, which in acts:
        now = AT + timedelta(microseconds=moment)
        answers: list[Lease | None] = []
        for locks in pair:
            if act == "acquire":
                answers.append(drive(locks.acquire(ONE, "order-1", ttl_s=10, now=now)))
            elif leases and act == "renew":
                lease = leases[which % len(leases)]
                answers.append(drive(locks.renew(lease, ttl_s=20, now=now)))
            elif leases:
                drive(locks.release(leases[which % len(leases)]))
        first, second = (*answers, None, None)[:2]
        assert first == second
        if first is not None and act == "acquire":
            assert all(first.fence > before.fence for before in leases)
            leases.append(evolve(first))
