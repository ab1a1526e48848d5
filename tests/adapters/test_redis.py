"""Redis in trouble: paused holders, many processes, restarts, lost answers, no server at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ResponseError

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Lease, Mode, RateLimit
from ordercore.testing.contracts import drive
from ordercore.testing.contracts.rows import AT
from ordercore.testing.fakes import CountingIds, ManualClock
from ordercore_adapters.redis import (
    BlockingConnection,
    Connection,
    RedisCache,
    RedisFault,
    RedisLocks,
    RedisRateLimits,
    RedisUnreachable,
    connect,
)
from ordercore_adapters.system import SystemClock
from tests.adapters.redis_host import TENANT, Account, locks
from tests.adapters.redis_server import Start

ROOT = Path(__file__).parents[2]
PROCESSES, TIMES = 8, 25
NOWHERE = "redis://127.0.0.1:1"  # nobody listens on this port
ENDS = AT + timedelta(seconds=300)


def host(act: str, url: str, prefix: str, path: Path) -> subprocess.Popen[str]:
    """Start a process of `tests.adapters.redis_host`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.redis_host", act, url, prefix, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], *, stdin: str | None = None) -> list[str]:
    """Wait for the end of a process and return the lines it wrote."""
    try:
        out, _ = process.communicate(stdin, timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    return out.split("\n")[:-1]


@pytest.fixture
def connection(redis_url: str) -> Iterator[Connection]:
    """Return a blocking connection."""
    made = connect(redis_url)
    yield made
    drive(made.close())


class Echo:
    """A connection whose answers are lost once: every command arrives twice."""

    mode = Mode.BLOCKING

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def command(self, *words: str | int) -> Any:
        """Carry it out twice."""
        await self._connection.command(*words)
        return await self._connection.command(*words)

    async def close(self) -> None:
        """Close nothing."""


def taken(held: RedisLocks, seconds: int = 0) -> Lease:
    """Take the lock so many seconds later."""
    now = AT + timedelta(seconds=seconds)
    lease = drive(held.acquire(TENANT, "order-1", ttl_s=10, now=now))
    assert lease is not None
    return lease


# Many processes ---------------------------------------------------------------------------


@pytest.mark.kill
def test_a_holder_paused_beyond_its_lease_cannot_write(
    redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    """It wakes up sure of its lock, and is refused; what the second holder wrote stands."""
    account = Account(tmp_path / "account.db")
    first = host("hold", redis_url, redis_prefix, tmp_path / "account.db")
    try:
        assert first.stdout is not None
        fence = int(first.stdout.readline())
        first.send_signal(signal.SIGSTOP)
        lease, others = None, locks(redis_url, redis_prefix)
        until = time.monotonic() + 20
        while lease is None and time.monotonic() < until:
            time.sleep(0.05)
            lease = drive(others.acquire(TENANT, "account", ttl_s=60, now=SystemClock().now()))
        assert lease is not None
        assert lease.fence > fence
        assert account.write("second", lease.fence)
        first.send_signal(signal.SIGCONT)
        assert ended(first, stdin="go\n") == ["refused"]
    finally:
        first.kill()
        first.wait()
    assert account.holder() == "second"


def test_a_holder_that_was_not_paused_writes(
    redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    """So the refusal of the paused one has no other cause."""
    account = Account(tmp_path / "account.db")
    lines = ended(host("hold", redis_url, redis_prefix, tmp_path / "account.db"), stdin="go\n")
    assert lines[1:] == ["written"]
    assert account.holder() == "first"


@pytest.mark.slow
def test_eight_processes_are_never_in_together(
    redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    """Each lease is alone, and no fence is given twice."""
    running = [host(str(TIMES), redis_url, redis_prefix, tmp_path / "in") for _ in range(PROCESSES)]
    lines = [line for process in running for line in ended(process)]
    assert "not alone" not in lines
    assert len(set(lines)) == len(lines) == PROCESSES * TIMES


# Restarts ---------------------------------------------------------------------------------


def test_with_persistence_locks_outlive_a_killed_server(start_redis: Start, tmp_path: Path) -> None:
    """What was answered was written; the holder keeps the lock and may renew it."""
    settings = {"appendonly": "yes", "appendfsync": "always"}
    server = start_redis(tmp_path, **settings)
    lease = taken(RedisLocks(connect(server.connection_url), ids=CountingIds("a")))
    server.terminate()
    again = start_redis(tmp_path, **settings)
    held = RedisLocks(connect(again.connection_url), ids=CountingIds("b"))
    assert drive(held.acquire(TENANT, "order-1", ttl_s=10, now=AT)) is None
    assert drive(held.renew(lease, ttl_s=10, now=AT)) is not None
    assert taken(held, 10).fence > lease.fence


def test_without_persistence_locks_are_lost_but_fences_rise(
    start_redis: Start, tmp_path: Path
) -> None:
    """The lock has two holders for a while, and the later one has the higher fence."""
    server = start_redis(tmp_path / "first")
    lease = taken(RedisLocks(connect(server.connection_url), ids=CountingIds("a")))
    server.terminate()
    empty = start_redis(tmp_path / "second")
    held = RedisLocks(connect(empty.connection_url), ids=CountingIds("b"))
    assert drive(held.renew(lease, ttl_s=10, now=AT)) is None
    assert taken(held, 1).fence > lease.fence


# Answers that are lost --------------------------------------------------------------------


def test_a_lock_taken_twice_by_one_request_is_its_own(
    connection: Connection, redis_prefix: str
) -> None:
    """A repeat after a lost answer is told what the first was told."""
    held = RedisLocks(Echo(connection), ids=CountingIds(), prefix=redis_prefix)
    lease = taken(held)
    assert drive(held.renew(lease, ttl_s=10, now=AT)) is not None
    assert drive(held.acquire(TENANT, "order-1", ttl_s=10, now=AT)) is None
    drive(held.release(lease))
    assert taken(held).fence == lease.fence + 1


# Housekeeping -----------------------------------------------------------------------------


def test_what_is_over_is_cleared_away(connection: Connection, redis_prefix: str) -> None:
    """Every key but the one that keeps the tenant's last fence has an end."""
    taken(RedisLocks(connection, ids=CountingIds(), prefix=redis_prefix))
    limit = RateLimit(refill=1, per_s=1, burst=2)
    limits = RedisRateLimits(connection, prefix=redis_prefix)
    drive(limits.take(TENANT, "api", limit=limit, now=AT))
    cache = RedisCache(connection, clock=ManualClock(AT), prefix=redis_prefix)
    drive(cache.put("stats", "text", expires_at=AT + timedelta(seconds=7)))
    lives = {
        key.split(":")[-2]: drive(connection.command("PTTL", key))
        for key in drive(connection.command("KEYS", f"{redis_prefix}*"))
    }
    endless = {kind for kind, left_ms in lives.items() if left_ms == -1}
    assert len(lives) == 4
    assert endless == {"tenant-1}"}  # ...:{8:tenant-1}:fence
    assert 0 < lives["cache"] <= 7_000
    assert 0 < lives["1/1/2"] <= 62_000
    assert 3_600_000 < lives["lock"] <= 3_610_000


def test_an_entry_that_is_over_replaces_the_older(
    connection: Connection, redis_prefix: str
) -> None:
    """Late by the clock of the writer, it leaves nothing behind."""
    clock = ManualClock(AT)
    cache = RedisCache(connection, clock=clock, prefix=redis_prefix)
    drive(cache.put("stats", "old", expires_at=ENDS))
    drive(cache.put("stats", "new", expires_at=AT - timedelta(seconds=1)))
    assert drive(cache.get("stats", now=AT)) is None


# Servers that are away, or say no ---------------------------------------------------------


def test_a_server_that_is_away_is_a_fault_for_locks_and_limits() -> None:
    """Nobody knows who holds the lock, or whether there is a token."""
    away = connect(NOWHERE)
    with pytest.raises(RedisUnreachable, match="did not answer"):
        taken(RedisLocks(away, ids=CountingIds()))
    limit = RateLimit(refill=1, per_s=1, burst=1)
    with pytest.raises(RedisUnreachable):
        drive(RedisRateLimits(away).take(TENANT, "api", limit=limit, now=AT))


def test_a_cache_that_is_away_is_empty() -> None:
    """Putting is no error, and nothing is found."""
    cache = RedisCache(connect(NOWHERE), clock=ManualClock(AT))
    drive(cache.put("stats", "text", expires_at=ENDS))
    assert drive(cache.get("stats", now=AT)) is None


def test_a_wrong_password_is_a_fault_even_for_the_cache(start_redis: Start, tmp_path: Path) -> None:
    """It will not go away by itself, and the fault does not show what was tried."""
    server = start_redis(tmp_path)
    drive(connect(server.connection_url).command("CONFIG", "SET", "requirepass", "right"))
    wrong = connect(f"redis://:not-this-one@127.0.0.1:{server.port}")
    cache = RedisCache(wrong, clock=ManualClock(AT))
    with pytest.raises(RedisFault) as caught:
        drive(cache.get("stats", now=AT))
    assert type(caught.value) is RedisFault
    assert "not-this-one" not in f"{caught.value} {caught.value.as_dict()}"


@pytest.mark.parametrize("mode", [Mode.BLOCKING, Mode.ASYNC, Mode.NEUTRAL])
def test_what_cannot_be_a_connection_is_refused(mode: Mode) -> None:
    """The refusal does not quote the URL, which may hold a password."""
    with pytest.raises(InvalidInput) as caught:
        connect("http://:not-shown@localhost", mode=mode)
    assert "not-shown" not in str(caught.value)


def test_a_client_of_the_host_may_be_used(redis_url: str, redis_prefix: str) -> None:
    """With its own pool, its own time-outs, its own TLS settings."""
    from redis import Redis

    with Redis.from_url(redis_url, decode_responses=True) as client:
        held = RedisLocks(BlockingConnection(client), ids=CountingIds(), prefix=redis_prefix)
        assert taken(held).fence > 0


def test_without_the_library_the_extra_is_named() -> None:
    """Importing the adapter says what to install."""
    code = "import sys; sys.modules['redis'] = None; import ordercore_adapters.redis"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "pip install 'ordercore-adapters[redis]'" in ran.stderr


class _Quoting:
    """A client whose errors repeat what they were sent, as the server's do."""

    def execute_command(self, *words: object) -> None:
        raise ResponseError(f"unknown command, with args beginning with: {words}")


def test_no_traceback_quotes_keys() -> None:
    """Keys hold names of tenants and of what is locked; a log of the fault shows neither."""
    client: Any = _Quoting()
    name = f"order-{77}"
    taking = RedisLocks(BlockingConnection(client), ids=CountingIds())
    with pytest.raises(RedisFault) as refused:
        drive(taking.acquire(TENANT, name, ttl_s=10, now=AT))
    logged = "".join(traceback.format_exception(refused.value))
    assert "ResponseError" in logged
    assert TENANT not in logged
    assert name not in logged
