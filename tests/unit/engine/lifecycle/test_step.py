"""One step: the row, the guard's refusal, or the fault."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from enum import StrEnum

import pytest

from ordercore.engine.lifecycle import Guard, Lifecycle, allowed, allowed_now, row, step
from ordercore.kernel.errors import DefinitionError, TransitionNotAllowed, UnknownState
from ordercore.kernel.result import Refusal

ANY = ("anybody",)


class Light(StrEnum):
    """States as a host would write them."""

    RED = "red"
    GREEN = "green"
    OFF = "off"


def no_queue(waiting: int) -> Refusal | None:
    """Refuse while somebody waits."""
    return Refusal(code="queue", reason=f"{waiting} waiting") if waiting else None


def short_queue(waiting: int) -> Refusal | None:
    """Refuse once too many wait."""
    return Refusal(code="long_queue", reason=f"{waiting} waiting") if waiting > 9 else None


GUARDS: Mapping[str, Guard[int]] = {"no_queue": no_queue, "short_queue": short_queue}

LIGHT = Lifecycle(
    name="light",
    states=tuple(Light),
    initial=Light.RED,
    terminal=(Light.OFF,),
    rows=(
        row("go", Light.RED, Light.GREEN, who=ANY),
        row("stop", Light.GREEN, Light.RED, who=ANY, guards=("short_queue", "no_queue")),
        row("stop", Light.GREEN, Light.OFF, who=ANY, guards=("short_queue",)),
        row("off", Light.RED, Light.OFF, who=ANY, guards=("no_queue",)),
    ),
)


def test_a_step_returns_the_row() -> None:
    """The row says where it leads and what is told."""
    assert step(LIGHT, Light.RED, "go", 0, GUARDS) is LIGHT.rows[0]


def test_a_stored_state_is_plain_text_and_works_alike() -> None:
    """A state read back from a store need not be turned into an enum member."""
    assert step(LIGHT, "red", "go", 0, GUARDS) is LIGHT.rows[0]


def test_a_guard_that_says_no_gives_its_reason() -> None:
    """The refusal is the guard's own value."""
    assert step(LIGHT, Light.RED, "off", 3, GUARDS) == Refusal(code="queue", reason="3 waiting")
    assert step(LIGHT, Light.RED, "off", 0, GUARDS) is LIGHT.rows[3]


def test_alternatives_are_tried_in_table_order() -> None:
    """The first row whose guards agree wins; if none does, the preferred row's reason is given."""
    assert step(LIGHT, Light.GREEN, "stop", 0, GUARDS) is LIGHT.rows[1]
    assert step(LIGHT, Light.GREEN, "stop", 5, GUARDS) is LIGHT.rows[2]
    assert step(LIGHT, Light.GREEN, "stop", 10, GUARDS) == Refusal(
        code="long_queue", reason="10 waiting"
    )


def test_a_trigger_without_a_row_names_what_is_allowed() -> None:
    """The fault carries lifecycle, state, trigger and the allowed triggers, all as plain text."""
    with pytest.raises(TransitionNotAllowed) as caught:
        step(LIGHT, Light.RED, "stop", 0, GUARDS)
    assert caught.value.as_dict() == {
        "code": "transition_not_allowed",
        "message": "light: 'stop' is not allowed in state 'red'; allowed: go, off",
        "lifecycle": "light",
        "state": "red",
        "trigger": "stop",
        "allowed": ("go", "off"),
    }
    assert type(caught.value.state) is str
    assert pickle.loads(pickle.dumps(caught.value)).as_dict() == caught.value.as_dict()


def test_a_trigger_nobody_knows_is_not_allowed_either() -> None:
    """A misspelt trigger is answered like one that has no row here."""
    with pytest.raises(TransitionNotAllowed) as caught:
        step(LIGHT, Light.OFF, "gone", 0, GUARDS)
    assert caught.value.allowed == ()


def test_a_custom_state_that_was_removed_gives_a_clear_fault() -> None:
    """An order left in a state that its lifecycle lost is told so, with the states that exist."""
    blinking = LIGHT.extend(
        name="light",
        version=2,
        states=("blinking",),
        rows=(
            row("blink", Light.RED, "blinking", who=ANY),
            row("go", "blinking", Light.GREEN, who=ANY),
        ),
    )
    assert allowed(blinking, "blinking") == ("go",)
    for ask in (
        lambda: step(LIGHT, "blinking", "go", 0, GUARDS),
        lambda: allowed(LIGHT, "blinking"),
        lambda: allowed_now(LIGHT, "blinking", 0, GUARDS),
    ):
        with pytest.raises(UnknownState) as caught:
            ask()
        assert caught.value.state == "blinking"
        assert caught.value.known == ("red", "green", "off")


def test_a_guard_without_a_function_never_passes() -> None:
    """A guard that cannot be asked is a fault of the wiring, not a yes."""
    with pytest.raises(DefinitionError, match="guard no_queue has no function"):
        step(LIGHT, Light.RED, "off", 0, {"short_queue": short_queue})


def test_a_fault_inside_a_guard_is_not_mistaken_for_a_missing_one() -> None:
    """A ``KeyError`` raised by a guard's own code comes through as it is."""

    def broken(waiting: int) -> Refusal | None:
        raise KeyError(waiting)

    with pytest.raises(KeyError, match="4"):
        step(LIGHT, Light.RED, "off", 4, {"no_queue": broken})


@pytest.mark.parametrize(("state", "trigger"), [("red", "stop"), ("nowhere", "go"), ("red", "off")])
def test_a_refused_step_changes_nothing(state: str, trigger: str) -> None:
    """After a fault or a refusal the table is what it was and takes the next step as ever."""
    before = copy.deepcopy(LIGHT)
    try:
        answer: object = step(LIGHT, state, trigger, 1, GUARDS)
    except (TransitionNotAllowed, UnknownState) as fault:
        answer = fault
    assert isinstance(answer, Refusal | TransitionNotAllowed | UnknownState)
    assert before == LIGHT
    assert before._plan == LIGHT._plan
    assert step(LIGHT, "red", "go", 1, GUARDS) is LIGHT.rows[0]


def test_allowed_lists_every_trigger_of_a_state() -> None:
    """What the table has, whatever the guards say; a terminal state has nothing."""
    assert allowed(LIGHT, Light.RED) == ("go", "off")
    assert allowed(LIGHT, Light.GREEN) == ("stop",)
    assert allowed(LIGHT, Light.OFF) == ()


def test_allowed_now_leaves_out_what_the_guards_refuse() -> None:
    """What can be done at this moment, for a menu of actions."""
    assert allowed_now(LIGHT, Light.RED, 0, GUARDS) == ("go", "off")
    assert allowed_now(LIGHT, Light.RED, 1, GUARDS) == ("go",)
    assert allowed_now(LIGHT, Light.GREEN, 10, GUARDS) == ()
