from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.command import GPU, VPS, order, ordercore, write_lines

COMMAND = (
    sys.executable,
    "-c",
    "import sys; from ordercore_adapters.cli import main; sys.exit(main())",
)
ORDERS = 60
LINES = [
    order(f"K{n}", items=[{"type": "vps", "config": VPS}, {"type": "gpu", "config": GPU}])
    for n in range(ORDERS)
]


def start(*arguments: object, **more: object) -> subprocess.Popen[str]:
    """Start the command as a process of its own."""
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*COMMAND, *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def wait_for(process: subprocess.Popen[str], db: Path, query: str, least: int) -> None:
    """Wait until a count in the database has come so far, or the process has ended."""
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if db.is_file() and count(db, query) >= least:
            return
        time.sleep(0.002)
    raise AssertionError(f"it ended too early: {process.poll()}")


def count(db: Path, query: str) -> int:
    """Return one number from a database; 0 while its tables are being made."""
    connection = sqlite3.connect(db)
    try:
        ((found,),) = connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return int(found or 0)


def let_leases_end(db: Path) -> None:
    """Make every lease of a dead worker end now, instead of waiting for half a minute."""
    connection = sqlite3.connect(db)
    with connection:
        connection.execute(
            "UPDATE work SET lease_until = '2026-01-01T00:00:00.000000Z' "
            "WHERE lease_until IS NOT NULL"
        )
    connection.close()


def totals(folder: Path, name: str) -> dict[str, object]:
    """Return what the orders, the gateway and the cloud say in the end."""
    providers = folder / f"{name}.providers"
    orders = sqlite3.connect(folder / f"{name}.sqlite3")
    gateway = sqlite3.connect(providers / "gateway.sqlite3")
    cloud = sqlite3.connect(providers / "cloud.sqlite3")
    mail = sqlite3.connect(providers / "mail.sqlite3")
    found = {
        "orders": orders.execute(
            "SELECT state, count(*), sum(value_minor), sum(revenue_minor) "
            "FROM orders GROUP BY state"
        ).fetchall(),
        "unpublished": orders.execute(
            "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        ).fetchall(),
        "work": orders.execute("SELECT count(*) FROM work").fetchall(),
        "payments": gateway.execute("SELECT count(*), sum(amount_minor) FROM payments").fetchall(),
        "refunds": gateway.execute("SELECT count(*), sum(amount_minor) FROM refunds").fetchall(),
        "resources": cloud.execute(
            "SELECT state, count(*) FROM resources GROUP BY state"
        ).fetchall(),
        "mails": mail.execute("SELECT count(*) FROM mails").fetchall(),
    }
    for connection in (orders, gateway, cloud, mail):
        connection.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The totals of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    file = write_lines(folder / "orders.jsonl", LINES)
    ordercore("run", file, "--db", folder / "o.sqlite3", "--json")
    return totals(folder, "o")


@pytest.mark.kill
@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("SELECT count(*) FROM orders", 1),
        ("SELECT count(*) FROM orders WHERE state <> 'draft'", ORDERS // 2),
        ("SELECT count(*) FROM sagas", 3),
        ("SELECT count(*) FROM orders WHERE state = 'partially_fulfilled'", 1),
        ("SELECT count(*) FROM orders WHERE state = 'fulfilled'", ORDERS // 2),
        ("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL", 20),
    ],
)
def test_a_run_killed_anywhere_is_completed_by_running_the_file_again(
    tmp_path: Path, undisturbed: dict[str, object], query: str, least: int
) -> None:
    """SIGKILL in the middle, then the same command: the totals of an undisturbed run."""
    file, db = write_lines(tmp_path / "orders.jsonl", LINES), tmp_path / "o.sqlite3"
    process = start("run", file, "--db", db, "--json")
    wait_for(process, db, query, least)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    let_leases_end(db)

    ended = ordercore("run", file, "--db", db, "--json")

    assert ended.code == 0
    report = ended.value
    assert report["submitted"] + report["repeated"] == ORDERS
    assert report["repeated"] > 0
    assert report["running"] == 0
    assert totals(tmp_path, "o") == undisturbed


@pytest.mark.kill
def test_a_run_killed_in_virtual_time_is_completed_too(tmp_path: Path) -> None:
    """With faults and virtual time the leases of the dead end without anybody waiting."""
    file, db = write_lines(tmp_path / "orders.jsonl", LINES), tmp_path / "o.sqlite3"
    for query, least in (
        ("SELECT count(*) FROM sagas", 5),
        ("SELECT count(*) FROM orders WHERE state = 'fulfilled'", ORDERS // 3),
    ):
        process = start("run", file, "--db", db, "--simulate", 4)
        wait_for(process, db, query, least)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    began = time.monotonic()
    ended = ordercore("run", file, "--db", db, "--simulate", 4, "--json")

    assert ended.value["repeated"] == ORDERS
    assert time.monotonic() - began < 25
    assert count(db, "SELECT count(*) FROM orders") == ORDERS
    assert count(db, "SELECT count(*) FROM orders WHERE state IN ('fulfilled', 'failed')") == ORDERS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_says_how_to_go_on(
    tmp_path: Path, undisturbed: dict[str, object], number: int
) -> None:
    """The piece in hand is finished, nothing is left leased, and the error is one JSON object."""
    file, db = write_lines(tmp_path / "orders.jsonl", LINES), tmp_path / "o.sqlite3"
    process = start("run", file, "--db", db, "--json")
    wait_for(process, db, "SELECT count(*) FROM sagas", 3)
    process.send_signal(number)
    out, err = process.communicate()

    assert (process.returncode, out) == (3, "")
    assert json.loads(err)["code"] == "interrupted"
    assert count(db, "SELECT count(*) FROM work WHERE lease_until IS NOT NULL") == 0
    assert ordercore("run", file, "--db", db, "--json").value["running"] == 0
    assert totals(tmp_path, "o") == undisturbed


def test_two_runs_of_the_same_file_at_once_make_each_order_once(
    tmp_path: Path, undisturbed: dict[str, object]
) -> None:
    """Whoever comes second finds the first one's order; together they take every order in once."""
    file, db = write_lines(tmp_path / "orders.jsonl", LINES), tmp_path / "o.sqlite3"
    both = [start("run", file, "--db", db, "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    reports = [json.loads(out) for out, _ in outputs]
    assert sum(report["submitted"] for report in reports) == ORDERS
    assert sum(report["repeated"] for report in reports) == ORDERS
    ordercore("worker", "--until-idle", "--db", db)
    assert totals(tmp_path, "o") == undisturbed


def test_a_worker_ends_on_sigterm_after_the_piece_in_hand(tmp_path: Path) -> None:
    """A service manager stops a worker; it ends with 0 and says what it did."""
    file, db = write_lines(tmp_path / "orders.jsonl", LINES[:1]), tmp_path / "o.sqlite3"
    ordercore("run", file, "--db", db)
    process = start("worker", "--db", db, "--json")
    opened = db.with_name(f"{db.name}-wal")  # there while somebody has the database open
    until = time.monotonic() + 30
    while not opened.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == {"done": 0, "failed": {}, "swept": 0, "stopped": True}


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """As when the output is piped into a program that reads one line."""
    process = start("lifecycle", "provisioning")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.wait(timeout=30)
    process.stderr.close()

    assert said == ""


def test_a_terminal_sees_progress_and_then_the_report(tmp_path: Path) -> None:
    """The bar is on standard error, counts lines, and is gone before the report is written."""
    file = write_lines(tmp_path / "orders.jsonl", LINES[:3])
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "run", str(file), "--db", "memory"], stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:
        pass  # how a terminal says that the other side has gone
    finally:
        os.close(ours)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert b"3 lines" in shown
    assert out.startswith(b"3 lines: 3 submitted")
    assert b"\x1b" not in out


def test_names_can_be_written_to_a_terminal_that_knows_ascii_only(tmp_path: Path) -> None:
    """What the terminal has no letters for is written in escapes, and nothing fails."""
    file, db = (
        write_lines(tmp_path / "o.jsonl", [order(customer="Žiga Ω 株")]),
        tmp_path / "o.sqlite3",
    )
    ordercore("run", file, "--db", db)
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    process = start("orders", "show", "PO-1", "-t", "north", "--db", db, env=plain)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, "")
    assert "\\u682a" in out
