"""The bridge to `transitions`: witness, diagram, machine for hosts."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from ordercore.engine.lifecycle import Lifecycle, as_machine, mermaid, oracle, row
from ordercore.kernel.errors import DefinitionError, UnknownState
from ordercore.kernel.result import Refusal

ANY = ("anybody",)


def has_key(key: bool) -> Refusal | None:
    """Refuse without a key."""
    return None if key else Refusal(code="no_key", reason="the key is missing")


GUARDS = {"has_key": has_key}

DOOR = Lifecycle(
    name="door",
    states=("shut", "wide open", "gone"),
    initial="shut",
    terminal=("gone",),
    rows=(
        row("unlock", "shut", "wide open", who=ANY, guards=("has_key",)),
        row("slam", "wide open", "shut", who=ANY),
        row("unhinge", "wide open", "gone", who=ANY),
    ),
)


class Door:
    """A mutable object of a host."""

    state: str


def test_the_oracle_answers_from_the_library() -> None:
    """It moves where a row is and the guard agrees, and says whether it knows the pair."""
    witness = oracle(DOOR, GUARDS)
    assert witness.fire("shut", "unlock", True) == "wide open"
    assert witness.fire("shut", "unlock", False) is None
    assert witness.fire("shut", "slam", True) is None
    assert witness.fire("nowhere", "slam", True) is None
    assert witness.knows("shut", "unlock")
    assert not witness.knows("shut", "slam")
    assert not witness.knows("shut", "kick")


def test_a_host_object_gets_the_familiar_methods() -> None:
    """A method per trigger, called with the facts; a guard's refusal is a bare False."""
    door = Door()
    as_machine(DOOR, door, guards=GUARDS)
    unlock, slam = vars(door)["unlock"], vars(door)["slam"]
    assert door.state == "shut"
    assert unlock(False) is False
    assert door.state == "shut"
    assert unlock(True) is True
    assert door.state == "wide open"
    assert slam(True) is True
    assert door.state == "shut"
    assert not hasattr(door, "to_gone")


def test_a_host_object_may_already_be_under_way() -> None:
    """An object read back from a store starts where it was."""
    door = Door()
    as_machine(DOOR, door, guards=GUARDS, state="wide open")
    assert door.state == "wide open"


def test_a_machine_cannot_start_in_an_unknown_state() -> None:
    """A state that was removed is named, with those that exist."""
    with pytest.raises(UnknownState) as caught:
        as_machine(DOOR, Door(), guards=GUARDS, state="ajar")
    assert caught.value.known == DOOR.states


def test_a_machine_never_loses_a_guard_silently() -> None:
    """A table with guards needs their functions, unless they were switched off by name."""
    with pytest.raises(DefinitionError, match="guard has_key has no function"):
        as_machine(DOOR)
    door = Door()
    as_machine(DOOR.without_guards("has_key"), door)
    assert vars(door)["unlock"](None) is True


def test_the_diagram_shows_the_table_and_nothing_else() -> None:
    """Start, ends, guards in brackets; no colours of a momentary state."""
    assert mermaid(DOOR) == (
        "---\n"
        "title: door\n"
        "---\n"
        "stateDiagram-v2\n"
        '  state "shut" as shut\n'
        '  state "wide_open" as wide_open\n'
        '  state "gone" as gone\n'
        "  shut --> wide_open: unlock [has_key]\n"
        "  wide_open --> shut: slam\n"
        "  wide_open --> gone: unhinge\n"
        "  [*] --> shut\n"
        "  gone --> [*]\n"
    )


def test_a_table_may_use_names_of_the_library(caplog: pytest.LogCaptureFixture) -> None:
    """Triggers and states called like its methods are drawn like any other, without a murmur."""
    parcel = Lifecycle(
        name="parcel",
        states=("here", "events", "gone"),
        initial="here",
        terminal=("gone",),
        rows=(
            row("dispatch", "here", "events", who=ANY),
            row("to_gone", "here", "gone", who=ANY),
            row("to_gone", "events", "gone", who=ANY),
        ),
    )
    arrows = [line.strip() for line in mermaid(parcel).splitlines() if ": " in line]
    assert arrows[1:] == [
        "here --> events: dispatch",
        "here --> gone: to_gone",
        "events --> gone: to_gone",
    ]
    assert [each.message for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_a_host_hears_when_its_object_has_reached_an_end() -> None:
    """The library asks each state whether it is final; those that the table ends in are."""
    machine = as_machine(DOOR, guards=GUARDS)
    assert {state: machine.get_state(state).final for state in DOOR.states} == {
        "shut": False,
        "wide open": False,
        "gone": True,
    }


def test_importing_the_engine_does_not_load_the_library() -> None:
    """The library is read when a machine is wanted, so embedding stays light."""
    probe = "import sys, ordercore.engine.lifecycle; sys.exit('transitions' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
