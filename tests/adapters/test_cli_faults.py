from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ordercore.kernel.errors import DefinitionError
from ordercore_adapters.cli import judging
from tests.adapters.command import VPS, order, ordercore, place_only, write_lines

PRICELESS = ("validate", "--type", "vps", "--config", "{}")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "nowhere.jsonl"), "file_not_readable"),
        (("run", "."), "file_not_readable"),
        (("run", "nowhere.jsonl", "--simulate", "much"), "wrong_use"),
        (("run",), "wrong_use"),
        (("fly",), "wrong_use"),
        (("simulate", "--replay", "nowhere.json"), "file_not_readable"),
        (("orders", "list"), "wrong_use"),
        (("orders", "list", "-t", "north", "--state", "lost"), "wrong_use"),
        (("orders", "list", "-t", "north", "--limit", "0"), "wrong_use"),
        (("orders", "list", "-t", "north", "--db", "typo.sqlite3"), "no_database"),
        (("orders", "list", "-t", "north", "--db", "mysql://host/db"), "unknown_database"),
        (("orders", "list", "-t", "north", "--db", ""), "unknown_database"),
        (("orders", "list", "-t", "north", "--db", "."), "no_database"),
        (("worker", "--once", "--db", "sqlite:///.."), "no_database"),
        (("audit", "--db", "."), "no_database"),
        (("stats", "-t", "north", "--db", "postgresql://u:pw@[::bad/x"), "invalid_input"),
        (("audit", "--db", "postgresql://u:pw@h:port/x"), "invalid_input"),
        (("stats", "-t", "north", "--db", "postgresql://u:pw@h:port/."), "invalid_input"),
        (("orders", "list", "-t", "", "--db", "memory"), "invalid_input"),
        (("orders", "list", "-t", "a\nb", "--db", "memory"), "invalid_input"),
        (("orders", "show", "x", "-t", "north", "--db", "memory"), "not_found"),
        (("orders", "cancel", "x", "-t", "north", "--db", "memory"), "wrong_use"),
        (("worker", "--for", "-1", "--db", "memory"), "wrong_use"),
    ],
)
def test_wrong_use_is_one_line_and_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: str
) -> None:
    """Exit 2; one line for people, one JSON object with a stable code for programs; no files."""
    monkeypatch.chdir(tmp_path)
    people, program = ordercore(*arguments), ordercore(*arguments, "--json")

    assert (people.code, people.out, program.code, program.out) == (2, "", 2, "")
    assert len(people.err.splitlines()) == 1
    assert people.err.startswith("ordercore: ")
    assert program.fault["code"] == code
    assert program.fault["message"]
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_database_is_not_made(tmp_path: Path) -> None:
    """Only run makes a database; looking into one that is not there is a slip."""
    ended = ordercore("stats", "-t", "north", "--db", tmp_path / "typo.sqlite3", "--json")

    assert (ended.code, ended.fault["code"]) == (2, "no_database")
    assert not (tmp_path / "typo.sqlite3").exists()


def test_a_command_alone_explains_itself() -> None:
    """Help without any prefix; one JSON object for programs."""
    people, program = ordercore(), ordercore("--json")

    assert (people.code, people.out, people.err.startswith("Usage: ordercore")) == (2, "", True)
    assert "Take orders for infrastructure" in people.err
    assert (program.code, program.fault["code"]) == (2, "wrong_use")


def test_the_release_is_said() -> None:
    """Name and number, exit 0."""
    ended = ordercore("--version")

    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"ordercore \d+\.\d+\.\d+\S*\n", ended.out)


def test_one_line_is_not_called_lines(tmp_path: Path) -> None:
    """The singular of the summary."""
    file = write_lines(tmp_path / "orders.jsonl", [order()])

    assert ordercore("run", file, "--db", "memory").out.startswith("1 line: 1 submitted")


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize(("words", "code"), [(("lifecycle", "retail"), 0), (PRICELESS, 1)])
def test_a_reader_that_has_gone_changes_no_exit_code(
    words: tuple[str, ...], code: int, more: tuple[str, ...]
) -> None:
    """With nobody at the other end of the pipe a command ends as it would have, in silence."""
    reading, writing = os.pipe()
    os.close(reading)
    started = "import sys; from ordercore_adapters.cli import main; sys.exit(main())"
    arguments = [sys.executable, "-c", started, *words, *more]
    ended = subprocess.run(
        arguments, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (code, b"")


def test_a_folder_is_told_from_a_file(tmp_path: Path) -> None:
    """A folder given as database, and a file given as folder, are called what they are."""
    (tmp_path / "file").write_text("")
    for command in (("orders", "list", "-t", "north"), ("audit",), ("worker", "--once")):
        assert "is a folder" in ordercore(*command, "--db", tmp_path).err
    place_only(tmp_path / "o.sqlite3", order())
    where = ("--db", tmp_path / "o.sqlite3", "--providers", tmp_path / "file")
    ended = ordercore("worker", "--once", *where)

    assert (ended.code, "is not a folder" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("orders", "list", "-t", "north"),
        ("orders", "show", "PO-1", "-t", "north"),
        ("orders", "history", "PO-1", "-t", "north"),
        ("stats", "-t", "north"),
        ("dead-letters", "list", "-t", "north"),
        ("audit",),
        ("audit", "verify", "-t", "north"),
    ],
)
def test_who_only_looks_leaves_the_providers_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    """No folder is made, and one that nobody may write or read is no hindrance."""
    db, folder = tmp_path / "o.sqlite3", tmp_path / "o.providers"
    place_only(db, order())
    assert ordercore(*words, "--db", db).code == 0
    assert not folder.exists()
    folder.mkdir()
    (folder / "cloud.sqlite3").write_text("not the books")
    assert ordercore(*words, "--db", db).code == 0
    assert [path.name for path in folder.iterdir()] == ["cloud.sqlite3"]


def test_a_file_that_is_no_database_fails_with_three(tmp_path: Path) -> None:
    """A failure is told in a line, without a traceback."""
    (tmp_path / "o.sqlite3").write_bytes(b"not a database" * 100)
    ended = ordercore("orders", "list", "-t", "north", "--db", tmp_path / "o.sqlite3", "--json")

    assert (ended.code, ended.out) == (3, "")
    assert ended.fault["code"] == "storage_fault"
    people = ordercore("orders", "list", "-t", "north", "--db", tmp_path / "o.sqlite3")
    assert "Traceback" not in people.err
    assert len(people.err.splitlines()) == 1


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    """A keyring file with wide permissions stops the command, and nothing of it is shown."""
    db = tmp_path / "o.sqlite3"
    place_only(db, order())
    ordercore("worker", "--once", "--db", db)
    keys = tmp_path / "o.providers" / "data-keys"
    keys.chmod(0o644)
    ended = ordercore("worker", "--once", "--db", db, "--json")

    assert ended.code == 2
    assert keys.read_text().strip() not in ended.err


def test_a_password_in_an_address_is_never_shown(tmp_path: Path) -> None:
    """Neither when the server is away nor when the address is wrong."""
    for address in ("postgresql://u:hush-hush@127.0.0.1:1/x", "oracle://u:hush-hush@h/x"):
        folder = tmp_path / "p"
        for more in ((), ("--json",)):
            ended = ordercore("stats", "-t", "north", "--db", address, "--providers", folder, *more)
            assert ended.code in (2, 3)
            assert "hush-hush" not in ended.out + ended.err


def test_an_unexpected_fault_is_a_line_and_a_traceback_only_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect ends with 3; its text, which may hold anything, is not repeated."""

    def fails(*_arguments: object, **_more: object) -> object:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(judging, "validate_item", fails)
    arguments = ("validate", "--type", "vps", "--config", json.dumps(VPS))
    ended = ordercore(*arguments, "--json")

    assert (ended.code, ended.fault["code"]) == (3, "internal_error")
    assert "secret words" not in ended.err
    assert "Traceback" not in ended.err
    monkeypatch.setenv("ORDERCORE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        ordercore(*arguments)


def test_a_fault_of_the_library_keeps_its_code_and_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults of the core are JSON with their own fields."""

    def fails(*_arguments: object, **_more: object) -> object:
        raise DefinitionError(name="catalogue", problems=("first", "second"))

    monkeypatch.setattr(judging, "validate_item", fails)
    ended = ordercore("validate", "--type", "vps", "--config", "{}", "--json")

    assert (ended.code, ended.fault["code"]) == (3, "definition_error")
    assert ended.fault["problems"] == ["first", "second"]


def test_a_report_that_cannot_be_written_fails_before_anything_is_done(tmp_path: Path) -> None:
    """No order is taken in when the details would be lost."""
    file = write_lines(tmp_path / "orders.jsonl", [order()])
    report = tmp_path / "missing" / "turned.jsonl"
    ended = ordercore("run", file, "--db", tmp_path / "o.sqlite3", "--report", report, "--json")

    assert (ended.code, ended.fault["code"]) == (3, "io_error")
    assert not (tmp_path / "o.sqlite3").exists()


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("run",),
        ("price",),
        ("validate",),
        ("lifecycle",),
        ("orders",),
        ("orders", "list"),
        ("orders", "show"),
        ("orders", "history"),
        ("orders", "cancel"),
        ("orders", "restore"),
        ("redeliver",),
        ("dead-letters",),
        ("dead-letters", "list"),
        ("dead-letters", "show"),
        ("dead-letters", "retry"),
        ("dead-letters", "resolve"),
        ("worker",),
        ("stats",),
        ("audit",),
        ("audit", "verify"),
    ],
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """Help goes to standard output and ends with 0."""
    ended = ordercore(*command, "--help")

    assert (ended.code, ended.err) == (0, "")
    assert "Usage: ordercore" in ended.out


def test_control_characters_from_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """A reference with escape codes is a bad line, and what is shown of it is printable."""
    lines = [order("\x1b[31mred"), order(**{"\x1b]0;title\x07": 1}), order("[bold]B[/bold]")]
    file = write_lines(tmp_path / "orders.jsonl", lines)
    ended = ordercore("run", file, "--db", tmp_path / "o.sqlite3")
    shown = ordercore(
        "orders", "show", "[bold]B[/bold]", "-t", "north", "--db", tmp_path / "o.sqlite3"
    )

    assert ended.code == 0
    assert "\x1b" not in ended.out + ended.err + shown.out
    assert "[bold]B[/bold]" in shown.out
