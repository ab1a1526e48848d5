"""One process that takes locks and writes to an account that remembers the highest fence."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from ordercore.kernel.ids import TenantId
from ordercore.testing.contracts import drive
from ordercore_adapters.redis import RedisLocks, connect
from ordercore_adapters.system import SystemClock, SystemIds

__all__ = ["TENANT", "Account", "locks"]

TENANT = TenantId("tenant-1")


class Account:
    """A row that takes writes of its latest holder only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS account (holder TEXT, fence INTEGER)")
            if database.execute("SELECT count(*) FROM account").fetchone() == (0,):
                database.execute("INSERT INTO account VALUES ('nobody', 0)")

    def write(self, holder: str, fence: int) -> bool:
        """Write, unless a higher fence has been here."""
        statement = "UPDATE account SET holder = ?, fence = ? WHERE fence <= ?"
        with closing(sqlite3.connect(self._path)) as database, database:
            return database.execute(statement, (holder, fence, fence)).rowcount == 1

    def holder(self) -> str:
        """Return who wrote last."""
        with closing(sqlite3.connect(self._path)) as database:
            return str(database.execute("SELECT holder FROM account").fetchone()[0])


def locks(url: str, prefix: str) -> RedisLocks:
    """Return locks on the server."""
    return RedisLocks(connect(url), ids=SystemIds(), prefix=prefix)


def hold_and_write(held: RedisLocks, path: Path) -> None:
    """Take the lock for a second, say so, and write when told to, however late that is."""
    lease = drive(held.acquire(TENANT, "account", ttl_s=1, now=SystemClock().now()))
    assert lease is not None
    print(lease.fence, flush=True)
    sys.stdin.readline()
    print("written" if Account(path).write("first", lease.fence) else "refused", flush=True)


def contend(held: RedisLocks, path: Path, *, times: int) -> None:
    """Take the lock so many times; print each fence, or that somebody else was in."""
    clock = SystemClock()
    while times:
        lease = drive(held.acquire(TENANT, "account", ttl_s=60, now=clock.now()))
        if lease is None:
            time.sleep(0.001)
            continue
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            print("not alone", flush=True)
        else:
            path.unlink()
        print(lease.fence, flush=True)
        drive(held.release(lease))
        times -= 1


if __name__ == "__main__":
    act, url, prefix, where = sys.argv[1:]
    if act == "hold":
        hold_and_write(locks(url, prefix), Path(where))
    else:
        contend(locks(url, prefix), Path(where), times=int(act))
