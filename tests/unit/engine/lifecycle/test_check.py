"""What makes a table unsound, and that all of it is said at once."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest

from ordercore.engine.lifecycle import Lifecycle, Timeout, problems_of, require_guards, row
from ordercore.kernel.errors import DefinitionError

ANY = ("anybody",)
OPEN_CLOSE = (
    row("open", "new", "opened", who=ANY),
    row("close", "opened", "closed", who=ANY),
)


def lifecycle(**changes: Any) -> Lifecycle:
    """Return a sound three-state lifecycle, spoilt by ``changes``."""
    sound = {
        "name": "shop",
        "states": ("new", "opened", "closed"),
        "initial": "new",
        "terminal": ("closed",),
        "rows": OPEN_CLOSE,
    }
    return Lifecycle(**{**sound, **changes})


def problems(**changes: Any) -> tuple[str, ...]:
    """Return what the constructor says about the spoilt table."""
    with pytest.raises(DefinitionError) as caught:
        lifecycle(**changes)
    assert caught.value.name == changes.get("name", "shop")
    return caught.value.problems


def test_a_sound_table_has_no_problems() -> None:
    """The table that the other tests spoil is accepted."""
    assert problems_of(lifecycle()) == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, "the lifecycle has no name"),
        ({"states": (*"ab", "new", "opened", "closed", "")}, "a state has an empty name"),
        ({"states": ("new", "opened", "closed", "new")}, "state new is listed twice"),
        ({"states": ()}, "there are no states"),
        ({"initial": "nowhere"}, "initial state nowhere is unknown"),
        ({"terminal": ("closed", "gone")}, "terminal state gone is unknown"),
        ({"terminal": ("closed", "closed")}, "terminal state closed is listed twice"),
    ],
)
def test_faulty_states_are_reported(changes: dict[str, Any], problem: str) -> None:
    """Names of states: missing, empty, repeated, unknown."""
    assert problem in problems(**changes)


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        (row("lose", "lost", "closed", who=ANY), "row lose from lost: source lost is unknown"),
        (row("lose", "new", "lost", who=ANY), "row lose from new: destination lost is unknown"),
        (row("", "new", "closed", who=ANY), "the row from new to closed has an empty trigger"),
        (
            row("skip", "new", "closed", who=()),
            "row skip from new: nobody, or somebody without a name, may take it",
        ),
        (
            row("skip", "new", "closed", who=("",)),
            "row skip from new: nobody, or somebody without a name, may take it",
        ),
        (
            row("skip", "new", "closed", who=ANY, guards=("",)),
            "row skip from new: a guard has an empty id",
        ),
        (
            row("skip", "new", "closed", who=ANY, guards=("paid", "paid")),
            "row skip from new: guard paid is listed twice",
        ),
        (
            row("skip", "new", "closed", who=ANY, emits=""),
            "row skip from new: the event type is empty; use None for no event",
        ),
        (
            row("reopen", "closed", "opened", who=ANY),
            "row reopen from closed: only a manual row may leave the terminal state closed",
        ),
    ],
)
def test_a_faulty_row_is_the_only_problem_reported(extra: Any, problem: str) -> None:
    """Each fault of a row is found, and no other one is invented."""
    assert problems(rows=(*OPEN_CLOSE, extra)) == (problem,)


def test_a_manual_row_may_leave_a_terminal_state() -> None:
    """An ended order is taken up again by a person's express act only."""
    reopen = row("reopen", "closed", "opened", who=("operator",), manual=True)
    assert lifecycle(rows=(*OPEN_CLOSE, reopen)).rows[-1] == reopen


@pytest.mark.parametrize(
    "twin",
    [
        row("open", "new", "closed", who=ANY),
        row("open", "new", "opened", who=ANY),
        row("open", "new", "closed", who=ANY, guards=("paid",)),
    ],
)
def test_a_row_that_competes_with_an_earlier_one_is_ambiguous(twin: Any) -> None:
    """Behind an unguarded row for the same trigger and source nothing can be taken."""
    assert problems(rows=(*OPEN_CLOSE, twin)) == (
        f"row open from new to {twin.dest} is ambiguous: an earlier row applies whenever it does",
    )


def test_rows_with_the_same_guards_are_ambiguous() -> None:
    """Guards tell rows apart only where the later row asks less or something else."""
    first = row("end", "opened", "closed", who=ANY, guards=("paid", "sent"))
    same = row("end", "opened", "new", who=ANY, guards=("sent", "paid"))
    assert problems(rows=(*OPEN_CLOSE, first, same)) == (
        "row end from opened to new is ambiguous: an earlier row applies whenever it does",
    )


def test_guarded_rows_may_share_a_trigger_with_an_unguarded_last_one() -> None:
    """Alternatives are tried in order, the last one being the way out."""
    alternatives = (
        row("end", "opened", "closed", who=ANY, guards=("paid",)),
        row("end", "opened", "new", who=ANY),
    )
    assert lifecycle(rows=(*OPEN_CLOSE, *alternatives)).rows[2:] == alternatives


def test_an_unreachable_state_is_reported_when_the_table_is_made() -> None:
    """A state to which no path leads from the initial one is refused at definition."""
    found = problems(
        states=("new", "opened", "closed", "island"),
        rows=(*OPEN_CLOSE, row("leave", "island", "closed", who=ANY)),
    )
    assert found == ("state island is unreachable from new",)


def test_unknown_states_are_reported_when_the_table_is_made() -> None:
    """A misspelt source and a misspelt destination are both named, before any order walks them."""
    found = problems(
        rows=(
            *OPEN_CLOSE,
            row("lose", "opened", "lsot", who=ANY),
            row("find", "losst", "opened", who=ANY),
        )
    )
    assert found == (
        "row lose from opened: destination lsot is unknown",
        "row find from losst: source losst is unknown",
    )


def test_a_dead_end_is_reported() -> None:
    """A state that is not terminal must have a way out."""
    found = problems(
        states=("new", "opened", "closed", "stuck"),
        rows=(*OPEN_CLOSE, row("jam", "opened", "stuck", who=ANY)),
    )
    assert found == ("state stuck is a dead end: it is not terminal and nothing leaves it",)


def test_a_ring_without_an_end_is_a_trap() -> None:
    """States that lead only to each other hold an order for ever."""
    ring = (
        row("spin", "opened", "left", who=ANY),
        row("turn", "left", "right", who=ANY),
        row("turn", "right", "left", who=ANY),
    )
    assert problems(
        states=("new", "opened", "closed", "left", "right"), rows=(*OPEN_CLOSE, *ring)
    ) == (
        "state left is a trap: no terminal state can be reached from it",
        "state right is a trap: no terminal state can be reached from it",
    )


def test_a_lifecycle_without_an_end_may_run_in_a_ring() -> None:
    """Something that never ends, such as a connection, declares no terminal state."""
    ring = (row("up", "off", "on", who=ANY), row("down", "on", "off", who=ANY))
    lamp = Lifecycle(name="lamp", states=("off", "on"), initial="off", terminal=(), rows=ring)
    assert problems_of(lamp) == ()


@pytest.mark.parametrize(
    ("timeout", "problem"),
    [
        (
            Timeout(state="lost", after_s=60, trigger="close", reason="late"),
            "timeout close in lost: the state is unknown",
        ),
        (
            Timeout(state="opened", after_s=60, trigger="burn", reason="late"),
            "timeout burn in opened: no row has this trigger from this state",
        ),
        (
            Timeout(state="opened", after_s=0, trigger="close", reason="late"),
            "timeout close in opened: after_s must be a whole number of seconds above 0",
        ),
        (
            Timeout(state="opened", after_s=True, trigger="close", reason="late"),
            "timeout close in opened: after_s must be a whole number of seconds above 0",
        ),
        (
            Timeout(state="opened", after_s=60, trigger="close", reason=""),
            "timeout close in opened: the reason is empty",
        ),
    ],
)
def test_a_faulty_timeout_is_reported(timeout: Timeout, problem: str) -> None:
    """A timeout names a state, a trigger that leaves it, a time and a reason."""
    assert problems(timeouts=(timeout,)) == (problem,)


def test_time_cannot_leave_a_terminal_state() -> None:
    """Neither the terminal state nor the manual row can be left by a timer."""
    reopen = row("reopen", "closed", "opened", who=ANY, manual=True)
    late = Timeout(state="closed", after_s=60, trigger="reopen", reason="late")
    assert problems(rows=(*OPEN_CLOSE, reopen), timeouts=(late,)) == (
        "timeout reopen in closed: nothing automatic may leave a terminal state",
        "timeout reopen in closed: a manual row cannot be taken by time",
    )


def test_the_same_timeout_twice_is_reported() -> None:
    """One clock per state and trigger."""
    clocks = tuple(
        Timeout(state="opened", after_s=after_s, trigger="close", reason="late")
        for after_s in (60, 120)
    )
    assert problems(timeouts=clocks) == ("timeout close in opened is listed twice",)


def test_all_problems_are_reported_together() -> None:
    """A table is repaired in one go, not one complaint at a time."""
    found = problems(
        initial="nowhere",
        terminal=("closed", "gone"),
        rows=(*OPEN_CLOSE, row("open", "new", "lost", who=())),
        timeouts=(Timeout(state="lost", after_s=-1, trigger="close", reason=""),),
    )
    assert len(found) == 11
    assert len(set(found)) == 11


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"states": ["new"], "rows": list(OPEN_CLOSE)}, ("states", "rows")),
        ({"terminal": "closed"}, ("terminal",)),
        ({"timeouts": []}, ("timeouts",)),
        (
            {
                "rows": (
                    row("open", "new", "opened", who="customer"),  # type: ignore[arg-type]
                    row("close", "opened", "closed", who=ANY, guards="paid"),  # type: ignore[arg-type]
                )
            },
            ("row open from new: who", "row close from opened: guards"),
        ),
    ],
)
def test_whatever_is_not_a_tuple_is_reported(
    changes: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """A list could change under the compiled table; a lone text would be read letter by letter."""
    assert problems(**changes) == tuple(f"{name} must be a tuple" for name in expected)


def test_guards_without_a_function_are_listed_when_wiring() -> None:
    """A guard that nobody supplies is found before the first order comes by."""
    guarded = lifecycle(
        rows=(*OPEN_CLOSE, row("skip", "new", "closed", who=ANY, guards=("paid", "sent", "kind")))
    )
    with pytest.raises(DefinitionError) as caught:
        require_guards(guarded, {"sent"})
    assert caught.value.problems == (
        "guard paid has no function",
        "guard kind has no function",
    )
    require_guards(guarded, {"paid", "sent", "kind", "unused"})


def walks(edges: tuple[tuple[str, str], ...], start: str) -> set[str]:
    """Return every state that a walk from ``start`` can be in."""
    reached = {start}
    for _ in edges:
        reached |= {dest for source, dest in edges if source in reached}
    return reached


@pytest.mark.parametrize("end", ["new", "opened", "closed"])
def test_a_graph_is_accepted_exactly_when_every_walk_can_reach_all_and_end(end: str) -> None:
    """Every graph over three states: sound means all states reachable, and an end from each."""
    states = ("new", "opened", "closed")
    possible = [pair for pair in product(states, states) if pair[0] != end]
    accepted = 0
    for size in range(len(possible) + 1):
        for edges in combinations(possible, size):
            rows = tuple(row(f"to {dest}", source, dest, who=ANY) for source, dest in edges)
            sound = walks(edges, "new") == set(states) and all(
                end in walks(edges, state) for state in states
            )
            if sound:
                accepted += 1
                assert lifecycle(terminal=(end,), rows=rows).rows == rows
            else:
                assert problems(terminal=(end,), rows=rows)
    # An initial state that is also the end reaches nothing.
    assert accepted == (0 if end == "new" else 20)
