"""Locks, rate limits and cache on Redis keep the contracts of their ports, under either face."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from attrs import frozen

from ordercore.ports import Mode
from ordercore.testing.contracts import (
    CacheContract,
    LocksContract,
    LocksSubject,
    RateLimitsContract,
    RateLimitsSubject,
    Run,
    Subject,
    drive,
)
from ordercore.testing.contracts.rows import AT
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters import memory
from ordercore_adapters.redis import Connection, RedisCache, RedisLocks, RedisRateLimits, connect


@frozen(kw_only=True)
class Driven:
    """A connection and how to drive it."""

    connection: Connection
    run: Run


@pytest.fixture(params=[Mode.BLOCKING, Mode.ASYNC], ids=str)
def driven(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Driven]:
    """Return a connection of each kind."""
    connection = connect(redis_url, mode=request.param)
    if request.param is Mode.BLOCKING:
        yield Driven(connection=connection, run=drive)
        drive(connection.close())
        return
    with asyncio.Runner() as runner:
        yield Driven(connection=connection, run=runner.run)
        runner.run(connection.close())


class TestLocks(LocksContract):
    """On Redis."""

    @pytest.fixture
    def subject(self, driven: Driven, redis_prefix: str) -> LocksSubject:
        """Return free locks."""
        locks = RedisLocks(driven.connection, ids=CountingIds(), prefix=redis_prefix)
        return LocksSubject(locks=locks, run=driven.run, mode=driven.connection.mode)


class TestRateLimits(RateLimitsContract):
    """On Redis."""

    @pytest.fixture
    def subject(self, driven: Driven, redis_prefix: str) -> RateLimitsSubject:
        """Return full buckets."""
        limits = RedisRateLimits(driven.connection, prefix=redis_prefix)
        return RateLimitsSubject(limits=limits, run=driven.run, mode=driven.connection.mode)


class TestCache(CacheContract):
    """On Redis."""

    @pytest.fixture
    def subject(self, driven: Driven, redis_prefix: str) -> Subject:
        """Return a bundle whose cache is empty."""
        cache = RedisCache(driven.connection, clock=ManualClock(AT), prefix=redis_prefix)
        return Subject(memory.ports(cache=cache, mode=driven.connection.mode), driven.run)
