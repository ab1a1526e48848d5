"""`ordercore simulate` and `ordercore audit`: what they print, keep, and exit with."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ordercore_adapters.cli import main
from ordercore_adapters.memory.readers import MemorySagas
from tests.simulation.planted import PLANTED
from tests.simulation.planted_sales import PLANTED_SALES


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Run the command; return exit code, the JSON it printed, and standard error."""
    code = main([*arguments, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else None, said.err


def test_a_simulation_reports_what_happened(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """States, faults, laws, times; and a page with pictures."""
    code, said, _ = run(
        capsys, "simulate", "--orders", "20", "--seed", "3", "--faults", "rough",
        "--report", str(tmp_path),
    )  # fmt: skip
    assert code == 0
    assert said["violation"] is None
    assert sum(said["states"].values()) == 20
    assert said["faults"]
    assert said["laws"]["fold_equals_row"] > 0
    assert said["latency_ms"]["p50"] <= said["latency_ms"]["p99"]
    names = {path.name for path in tmp_path.iterdir()}
    pictures = {"states-provisioning.svg", "states-retail.svg", "faults.svg", "latencies.svg"}
    assert names == {"index.html", *pictures}
    again = run(capsys, "simulate", "--orders", "20", "--seed", "3", "--faults", "rough")[1]
    assert again["digest"] == said["digest"]


def test_a_simulation_is_told_to_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Tables and the digest of the trace."""
    assert main(["simulate", "--orders", "5", "--faults", "calm"]) == 0
    said = capsys.readouterr().out
    assert "state at the end" in said
    assert "trace " in said


@pytest.mark.parametrize(
    ("kind", "state"), [("retail", "completed"), ("provisioning", "fulfilled")]
)
def test_one_kind_of_order_can_be_asked_for(
    capsys: pytest.CaptureFixture[str], kind: str, state: str
) -> None:
    """Then there is no other."""
    code, said, _ = run(capsys, "simulate", "--orders", "10", "--kind", kind, "--faults", "calm")
    assert code == 0
    assert said["states"][state] > 0
    assert len({"completed", "fulfilled"} & set(said["states"])) == 1


def test_worlds_are_the_same_however_many_processes_share_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A range of seeds, told as one; each world is the run of its seed."""
    asked = ("simulate", "--worlds", "3..8", "--orders", "4", "--faults", "hostile")
    alone, shared = (run(capsys, *asked, "--jobs", jobs)[1] for jobs in ("1", "2"))
    assert {**alone, "seconds": 0} == {**shared, "seconds": 0}
    assert (alone["worlds"], alone["orders"], alone["last"]) == (6, 24, 8)
    assert sum(alone["states"].values()) == 24
    steps = [
        run(capsys, "simulate", "--seed", str(seed), "--orders", "4", "--faults", "hostile")[1]
        for seed in range(3, 9)
    ]
    assert sum(each["steps"] for each in steps) == alone["steps"]
    assert main(["simulate", "--worlds", "3..4", "--orders", "4"]) == 0
    assert "worlds 3..4, rough, all: 8 orders" in capsys.readouterr().out


def test_a_law_that_is_broken_in_one_of_many_worlds_is_kept_as_that_world(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made small, told as a story, repeated with one command."""
    PLANTED["an_outbox_marked_before_publishing"](monkeypatch)
    monkeypatch.chdir(tmp_path)
    code, said, err = run(capsys, "simulate", "--worlds", "1..9", "--orders", "20")
    assert code == 1
    assert said["violation"]["law"] == "published_has_arrived"
    assert said["worlds"] == said["violation"]["seed"]
    assert said["replay"] in json.loads(err)["message"]
    assert run(capsys, "simulate", "--replay", said["replay"])[0] == 1


def test_a_broken_law_is_kept_and_repeated_with_one_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, a short story, a file; and the file breaks the same law again."""
    PLANTED["an_outbox_marked_before_publishing"](monkeypatch)
    folder = str(tmp_path / "report")
    code, said, err = run(capsys, "simulate", "--orders", "20", "--report", folder)
    assert code == 1
    assert said["violation"]["law"] == "published_has_arrived"
    assert said["replay"] in json.loads(err)["message"]
    assert 0 < len(said["story"]) < 20
    code, again, _ = run(capsys, "simulate", "--replay", said["replay"])
    assert code == 1
    assert again["story"] == said["story"]
    monkeypatch.undo()
    assert run(capsys, "simulate", "--replay", said["replay"])[0] == 0


BROKEN = {
    "an_outbox_marked_before_publishing": (
        PLANTED,
        "An event is marked as published after it has arrived.",
        None,
        "the broker has it before the mark is written",
        "event .* counts as published and never arrived",
    ),
    "a_store_that_ignores_versions": (
        PLANTED,
        "Nobody writes over an order that has changed since it was read.",
        "Store.commit, where it compares OrderWrite.read_version with what is stored",
        "one version more for each record, and a conflict for whoever read an older one",
        "(record|version) .*",
    ),
    "a_reader_that_ignores_the_tenant": (
        PLANTED_SALES,
        "Nobody sees or changes an order of another tenant.",
        "OrdersPort.get, which looks among the rows of one tenant",
        "not found, as if there were no such order",
        "tenant-. asked for it and was answered: .*",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_law_is_told_in_plain_words(
    name: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which promise, who is to blame if that is known, what was expected, what was seen."""
    planted, promise, blame, expected, seen = BROKEN[name]
    planted[name](monkeypatch)
    monkeypatch.chdir(tmp_path)
    kind = "retail" if planted is PLANTED_SALES else "provisioning"
    asked = ("simulate", "--orders", "60", "--faults", "hostile", "--kind", kind)
    code, said, _ = run(capsys, *asked)
    assert code == 1
    found = said["violation"]
    assert (found["promise"], found["blame"], found["expected"]) == (promise, blame, expected)
    assert re.fullmatch(seen, found["text"])
    assert main(["simulate", "--replay", said["replay"]]) == 1
    told = capsys.readouterr().out
    named = f"To blame: {blame}\n" if blame else ""
    assert f"\nBroken promise: {promise}\n{named}Expected: {expected}\nSeen: " in told
    assert f"\nFound by: the law {found['law']}, order o" in told
    looks = [f"\n    {each}\n" in told for each in found["look_at"]]
    assert looks == [blame is None] * len(found["look_at"])


def test_a_fault_of_a_port_that_nobody_expects_is_told_with_its_method(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's own storage falls over; it is named, not the library that asked it."""

    async def get(self: object, *about: object) -> None:
        raise RuntimeError("the sagas are on another disk")

    monkeypatch.setattr(MemorySagas, "get", get)
    monkeypatch.chdir(tmp_path)
    code, said, _ = run(capsys, "simulate", "--orders", "60", "--faults", "none")
    assert code == 1
    assert said["violation"]["law"] == "no_surprise"
    assert "another disk" in said["violation"]["text"]
    assert said["violation"]["blame"].endswith(".get")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--faults", "awful"], "unknown_profile"),
        (["--replay", "missing.json"], "file_not_readable"),
        (["--orders", "0"], "wrong_use"),
        (["--worlds", "8..3"], "not_a_range"),
        (["--worlds", "all"], "not_a_range"),
        (["--worlds", "1..2", "--replay", "x.json"], "not_together"),
        (["--worlds", "1..2", "--seed", "1"], "not_together"),
        (["--worlds", "1..2", "--report", "x"], "not_together"),
        (["--replay", "x.json", "--seed", "1"], "not_together"),
        (["--replay", "x.json", "--orders", "5"], "not_together"),
        (["--jobs", "2"], "not_together"),
        (["--worlds", "1..2", "--faults", "awful"], "unknown_profile"),
    ],
)
def test_wrong_use_of_simulate_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    """With a stable code."""
    exit_code, said, err = run(capsys, "simulate", *arguments)
    assert exit_code == 2
    assert said is None
    assert json.loads(err)["code"] == code


@pytest.fixture
def database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A database of a few orders of two tenants."""
    lines = [
        {
            "reference": f"R-{number}",
            "tenant": f"tenant-{number % 2}",
            "customer": "gus",
            "currency": "EUR",
            "billing_cycle": "monthly",
            "items": [
                {
                    "type": "vps",
                    "config": {"region": "lj-1", "plan": "core", "os_image": "debian-12"},
                }
            ],
        }
        for number in range(6)
    ]
    file = tmp_path / "orders.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = tmp_path / "orders.db"
    assert main(["run", str(file), "--db", str(path), "--simulate", "3"]) == 0
    capsys.readouterr()
    return path


def test_a_sound_database_passes_the_audit(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    """Every order of every tenant, or of one."""
    code, said, _ = run(capsys, "audit", "--db", str(database))
    assert (code, said["orders"], said["violations"]) == (0, 6, [])
    assert set(said["laws"].values()) == {6}
    code, said, _ = run(capsys, "audit", "--db", f"sqlite:///{database}", "--tenant", "tenant-1")
    assert (code, said["orders"]) == (0, 3)
    assert main(["audit", "--db", str(database)]) == 0
    assert "6 orders" in capsys.readouterr().out
    assert main(["audit", "verify", "--db", str(database), "--tenant", "tenant-1"]) == 0


@pytest.mark.parametrize(
    ("tampering", "laws"),
    [
        ("UPDATE audit_records SET reason = 'x' WHERE seq = 2", {"audit_chain_whole"}),
        ("DELETE FROM outbox WHERE seq = 2", {"outbox_is_the_trail"}),
        ("UPDATE outbox SET published_at = NULL WHERE seq = 1", {"events_leave"}),
        (
            "UPDATE orders SET body = replace(body, 'fulfilled', 'provisioning')",
            {"fold_equals_row", "order_moves_on"},
        ),
    ],
)
def test_an_audit_finds_what_was_tampered_with(
    capsys: pytest.CaptureFixture[str], database: Path, tampering: str, laws: set[str]
) -> None:
    """Exit code 1, and each violation with its tenant, order and law."""
    connection = sqlite3.connect(database)
    connection.execute(tampering)
    connection.commit()
    connection.close()
    code, said, err = run(capsys, "audit", "--db", str(database))
    assert code == 1
    assert {found["law"] for found in said["violations"]} >= laws
    assert json.loads(err)["code"] == "law_broken"
    assert main(["audit", "--db", str(database)]) == 1
    told = capsys.readouterr().out
    assert all(found["promise"] in told and found["expected"] for found in said["violations"])


@pytest.mark.parametrize(("db", "code"), [("gone.db", "no_database"), ("mysql://x", "unknown_da")])
def test_a_database_that_is_not_there_is_wrong_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, db: str, code: str
) -> None:
    """Nothing is made by an audit."""
    where = db if "://" in db else str(tmp_path / db)
    exit_code, _, err = run(capsys, "audit", "--db", where)
    assert exit_code == 2
    assert json.loads(err)["code"].startswith(code)
    assert list(tmp_path.iterdir()) == []
