"""Several processes over one provider's books, and processes that are killed in the middle."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from ordercore.engine.saga import Succeeded
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.ports import Provisioned, ProvisionRequest
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import (
    SimulatedCloud,
    VirtualClock,
)

pytestmark = pytest.mark.kill

TENANT = TenantId("tenant-a")
PREAMBLE = """
import sys
from pathlib import Path
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import Provisioned, ProvisionRequest
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import SimulatedCloud, SimulatedGateway, VirtualClock

folder = Path(sys.argv[1])
cloud = SimulatedCloud(folder / "cloud.sqlite3", clock=VirtualClock(START))

def build(key):
    request = ProvisionRequest(key=key, attempt=1, tenant=TenantId("tenant-a"),
        order_id=OrderId("o"), item=ItemId("1"), product_type="vps", config={})
    return drive(cloud.provision(request))
"""
FOREVER = """
number = 0
while True:
    number += 1
    outcome = build(f"key-{number}")
    print(number, outcome.resource, flush=True)
"""
TOGETHER = """
for number in range(50):
    print(build(f"key-{number}").resource)
"""
PAY = """
gateway = SimulatedGateway(folder / "gateway.sqlite3", clock=VirtualClock(START))
for number in range(50):
    print(gateway.pay(f"key-{number}", TenantId("tenant-a"), "REF", Money(100, "EUR")))
"""
FORK = """
import os
build("before")
child = os.fork()
if not child:
    build("child")
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
build("after")
"""


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    """Start a process that runs ``code`` over the folder's books."""
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(code), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def request(key: str) -> ProvisionRequest:
    """Ask for what the processes ask for."""
    return ProvisionRequest(
        key=key,
        attempt=1,
        tenant=TENANT,
        order_id=OrderId("o"),
        item=ItemId("1"),
        product_type="vps",
        config={},
    )


@pytest.mark.parametrize("round_", range(3))
def test_a_killed_process_leaves_consistent_books(tmp_path: Path, round_: int) -> None:
    """What was answered is there once, with its call; what was not answered is whole or absent."""
    process = start(tmp_path, FOREVER)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(20)]
    time.sleep(0.003 * round_)
    process.send_signal(signal.SIGKILL)
    with process:  # read on as before: `communicate` would leave out what has been buffered
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    # The last line may have been cut off by the kill.
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    answered = {number: resource for number, _, resource in (line.partition(" ") for line in lines)}

    subject = SimulatedCloud(tmp_path / "cloud.sqlite3", clock=VirtualClock(START))
    rows = subject.books.rows("SELECT key, resource, state FROM resources")
    calls = subject.books.rows("SELECT key FROM calls WHERE kind = 'provision'")
    assert Counter(row[0] for row in rows) == Counter(row[0] for row in calls)
    assert {row[2] for row in rows} == {"live"}
    standing = {str(key): resource for key, resource, _ in rows}
    assert {f"key-{number}": resource.strip() for number, resource in answered.items()}.items() <= (
        standing.items()
    )
    assert len(standing) - len(answered) in (0, 1)
    assert subject.books.rows("PRAGMA integrity_check") == [("ok",)]

    again = drive(subject.provision(request("key-1")))
    assert isinstance(again, Provisioned)
    assert again.resource == answered["1"].strip()
    removal = drive(subject.deprovision(TENANT, key="r", provision_key="key-1", resource=None))
    assert removal == Succeeded()


def test_processes_with_the_same_keys_build_once(tmp_path: Path) -> None:
    """Four at once, from the very first: they all see the same fifty resources."""
    started = [start(tmp_path, TOGETHER) for _ in range(4)]
    outputs = [process.communicate(timeout=120) for process in started]
    assert [errors for _, errors in outputs] == [""] * 4
    assert len({output for output, _ in outputs}) == 1
    subject = SimulatedCloud(tmp_path / "cloud.sqlite3", clock=VirtualClock(START))
    assert subject.books.rows("SELECT count(*) FROM resources") == [(50,)]
    attempts = subject.books.rows("SELECT DISTINCT attempt FROM calls ORDER BY attempt")
    assert attempts == [(1,), (2,), (3,), (4,)]


def test_processes_with_the_same_keys_pay_once(tmp_path: Path) -> None:
    """Four at once: the same fifty references, and each amount once."""
    started = [start(tmp_path, PAY) for _ in range(4)]
    outputs = [process.communicate(timeout=120) for process in started]
    assert [errors for _, errors in outputs] == [""] * 4
    assert len({output for output, _ in outputs}) == 1
    books = sqlite3.connect(tmp_path / "gateway.sqlite3")
    try:
        paid = books.execute("SELECT count(*), sum(amount_minor) FROM payments").fetchone()
    finally:
        books.close()
    assert paid == (50, 5000)


def test_a_forked_process_opens_the_books_for_itself(tmp_path: Path) -> None:
    """Parent and child use the same object after a fork, and neither disturbs the other."""
    # In a process of its own: the one the tests run in may have threads, and then must not fork.
    _, errors = start(tmp_path, FORK).communicate(timeout=60)
    assert errors == ""
    subject = SimulatedCloud(tmp_path / "cloud.sqlite3", clock=VirtualClock(START))
    keys = subject.books.rows("SELECT key FROM resources ORDER BY key")
    assert keys == [("after",), ("before",), ("child",)]
