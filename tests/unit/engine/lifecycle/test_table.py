"""Lifecycles as values: copied, published, extended by a host."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from attrs.exceptions import FrozenInstanceError

from ordercore.engine.lifecycle import (
    Lifecycle,
    Timeout,
    allowed,
    as_json_table,
    row,
    step,
)
from ordercore.kernel.errors import DefinitionError, TransitionNotAllowed
from ordercore.kernel.result import Refusal

ANY = ("anybody",)

SHOP = Lifecycle(
    name="shop",
    states=("new", "opened", "closed"),
    initial="new",
    terminal=("closed",),
    rows=(
        row("open", "new", "opened", who=ANY, emits="shop.opened"),
        row("close", "opened", "closed", who=ANY, guards=("swept", "locked")),
        row("close", "new", "closed", who=ANY, guards=("locked",)),
    ),
    timeouts=(Timeout(state="opened", after_s=3600, trigger="close", reason="night"),),
)


def says_no(facts: None) -> Refusal | None:
    """Refuse everything."""
    return Refusal(code="no", reason="never")


def test_a_lifecycle_cannot_be_changed_in_place() -> None:
    """Tables are values: another table is another value."""
    with pytest.raises(FrozenInstanceError):
        SHOP.initial = "closed"  # type: ignore[misc]


def test_a_lifecycle_survives_copying_and_pickling() -> None:
    """A copy is equal, hashes alike and can be stepped through."""
    for twin in (copy.deepcopy(SHOP), pickle.loads(pickle.dumps(SHOP))):
        assert twin == SHOP
        assert hash(twin) == hash(SHOP)
        assert step(twin, "new", "open", None, {}) == SHOP.rows[0]


def test_triggers_and_guards_are_listed_once_in_table_order() -> None:
    """What a table mentions can be asked of it."""
    assert SHOP.triggers == ("open", "close")
    assert SHOP.guard_ids == ("swept", "locked")


def test_the_json_form_has_one_entry_per_row() -> None:
    """The published form is plain data."""
    table = as_json_table(SHOP)
    assert json.loads(json.dumps(table)) == {
        "states": ["new", "opened", "closed"],
        "initial": "new",
        "terminal": ["closed"],
        "transitions": [
            {"trigger": "open", "from": "new", "to": "opened"},
            {"trigger": "close", "from": "opened", "to": "closed"},
            {"trigger": "close", "from": "new", "to": "closed"},
        ],
    }


def test_a_host_adds_states_rows_and_timeouts_of_its_own() -> None:
    """An extension is a lifecycle of its own; what it started from stays as it was."""
    longer = SHOP.extend(
        name="shop with breaks",
        version=7,
        states=("resting", "demolished"),
        terminal=("demolished",),
        rows=(
            row("rest", "opened", "resting", who=ANY),
            row("return", "resting", "opened", who=ANY),
            row("demolish", "resting", "demolished", who=ANY),
        ),
        timeouts=(Timeout(state="resting", after_s=600, trigger="return", reason="rested"),),
    )
    assert (longer.name, longer.version) == ("shop with breaks", 7)
    assert longer.states == (*SHOP.states, "resting", "demolished")
    assert longer.terminal == ("closed", "demolished")
    assert longer.rows[: len(SHOP.rows)] == SHOP.rows
    assert [each.trigger for each in longer.timeouts] == ["close", "return"]
    assert allowed(longer, "opened") == ("close", "rest")
    assert allowed(SHOP, "opened") == ("close",)


def test_a_host_replaces_a_row() -> None:
    """Leaving a row out and adding another one for the same pair replaces it."""
    direct = SHOP.extend(
        name="hasty shop",
        without_rows=(("close", "opened"),),
        rows=(row("close", "opened", "closed", who=("operator",)),),
    )
    taken = step(direct, "opened", "close", None, {})
    assert not isinstance(taken, Refusal)
    assert taken.who == ("operator",)


def test_a_row_that_is_left_out_is_no_longer_allowed() -> None:
    """Without its row and its timeout, the trigger is gone from that state."""
    always = SHOP.extend(
        name="shop that must open",
        without_rows=(("close", "new"),),
    )
    with pytest.raises(TransitionNotAllowed):
        step(always, "new", "close", None, {})


def test_an_extension_is_checked_like_any_table() -> None:
    """Leaving out the only exit makes a dead end, and its timeout has nothing to pull."""
    with pytest.raises(DefinitionError) as caught:
        SHOP.extend(name="endless", without_rows=(("close", "opened"),))
    assert caught.value.name == "endless"
    assert caught.value.problems == (
        "state opened is a dead end: it is not terminal and nothing leaves it",
        "timeout close in opened: no row has this trigger from this state",
    )


def test_a_timeout_is_left_out_by_state_and_trigger() -> None:
    """A host that wants no clock takes it out of the table."""
    assert SHOP.extend(name="calm", without_timeouts=(("opened", "close"),)).timeouts == ()


def test_leaving_out_what_is_not_there_is_a_fault() -> None:
    """A misspelt name does not pass silently; all of them are listed."""
    with pytest.raises(DefinitionError) as caught:
        SHOP.extend(
            name="misspelt",
            without_rows=(("opne", "new"), ("close", "new")),
            without_timeouts=(("new", "close"),),
        )
    assert caught.value.problems == (
        "cannot leave out row (opne, new): there is none",
        "cannot leave out timeout (new, close): there is none",
    )


def test_a_named_guard_is_switched_off_alone() -> None:
    """One guard goes wherever it is mentioned; the others keep refusing."""
    guards = {"swept": says_no, "locked": says_no}
    unlocked = SHOP.without_guards("locked")
    assert unlocked.guard_ids == ("swept",)
    assert step(unlocked, "new", "close", None, guards) == unlocked.rows[2]
    assert isinstance(step(unlocked, "opened", "close", None, guards), Refusal)
    assert isinstance(step(SHOP, "new", "close", None, guards), Refusal)


def test_several_guards_are_switched_off_at_once() -> None:
    """With every guard off, no function is needed any more."""
    free = SHOP.without_guards("locked", "swept")
    assert step(free, "opened", "close", None, {}) == free.rows[1]


def test_switching_off_an_unknown_guard_is_a_fault() -> None:
    """A misspelt guard would otherwise stay on unnoticed."""
    with pytest.raises(DefinitionError, match="cannot switch off guard lokced: no row has it"):
        SHOP.without_guards("locked", "lokced")


def test_switching_off_a_guard_that_tells_rows_apart_is_a_fault() -> None:
    """What is left must still be unambiguous."""
    forked = SHOP.extend(
        name="forked",
        rows=(
            row("end", "opened", "closed", who=ANY, guards=("kind",)),
            row("end", "opened", "new", who=ANY),
        ),
    )
    with pytest.raises(DefinitionError, match="ambiguous"):
        forked.without_guards("kind")
