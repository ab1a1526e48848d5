"""Find what is wrong with a lifecycle table before any order walks it.

Decides whether a table is sound: every name known, every state reachable, no dead end and no trap,
no two rows that compete, no timeout that could not fire. All problems are returned together, so
that a table is repaired in one go. State machine libraries commonly accept such tables and fail
when the transition is fired; that is too late for an order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from ordercore.kernel.errors import DefinitionError

if TYPE_CHECKING:
    from ordercore.engine.lifecycle.table import Lifecycle, Row

__all__ = ["problems_of", "require_guards"]

T = TypeVar("T", bound=Hashable)


def problems_of(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Return every problem of the table, in the order a reader would look for them."""
    return _shape_problems(lifecycle) or (
        *_name_problems(lifecycle),
        *_row_problems(lifecycle),
        *_competing_rows(lifecycle),
        *_graph_problems(lifecycle),
        *_timeout_problems(lifecycle),
    )


def require_guards(lifecycle: Lifecycle, guard_ids: Collection[str]) -> None:
    """Check that every guard the rows mention is among ``guard_ids``; call it when wiring.

    Raises:
        DefinitionError: listing the guards that nobody supplies.
    """
    missing = tuple(
        f"guard {guard} has no function" for guard in lifecycle.guard_ids if guard not in guard_ids
    )
    if missing:
        raise DefinitionError(name=lifecycle.name, problems=missing)


def _shape_problems(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Return what is not a tuple: a list could change later, a text would be read by letters."""
    columns: list[tuple[str, object]] = [
        ("states", lifecycle.states),
        ("terminal", lifecycle.terminal),
        ("rows", lifecycle.rows),
        ("timeouts", lifecycle.timeouts),
    ]
    for row in lifecycle.rows:
        columns += [(f"{_title(row)}: who", row.who), (f"{_title(row)}: guards", row.guards)]
    return tuple(f"{name} must be a tuple" for name, it in columns if type(it) is not tuple)


def _name_problems(lifecycle: Lifecycle) -> Iterator[str]:
    if not lifecycle.name:
        yield "the lifecycle has no name"
    if not lifecycle.states:
        yield "there are no states"
    if "" in lifecycle.states:
        yield "a state has an empty name"
    for state in _repeated(lifecycle.states):
        yield f"state {state} is listed twice"
    for state in _repeated(lifecycle.terminal):
        yield f"terminal state {state} is listed twice"
    if lifecycle.initial not in lifecycle.states:
        yield f"initial state {lifecycle.initial} is unknown"
    for state in lifecycle.terminal:
        if state not in lifecycle.states:
            yield f"terminal state {state} is unknown"


def _row_problems(lifecycle: Lifecycle) -> Iterator[str]:
    for row in lifecycle.rows:
        if not row.trigger:
            yield f"the row from {row.source} to {row.dest} has an empty trigger"
        if row.source not in lifecycle.states:
            yield f"{_title(row)}: source {row.source} is unknown"
        if row.dest not in lifecycle.states:
            yield f"{_title(row)}: destination {row.dest} is unknown"
        if not row.who or "" in row.who:
            yield f"{_title(row)}: nobody, or somebody without a name, may take it"
        if "" in row.guards:
            yield f"{_title(row)}: a guard has an empty id"
        for guard in _repeated(row.guards):
            yield f"{_title(row)}: guard {guard} is listed twice"
        if row.emits == "":
            yield f"{_title(row)}: the event type is empty; use None for no event"
        if row.source in lifecycle.terminal and not row.manual:
            yield f"{_title(row)}: only a manual row may leave the terminal state {row.source}"


def _competing_rows(lifecycle: Lifecycle) -> Iterator[str]:
    """Yield rows that can never be taken, because an earlier one asks no more than they do."""
    for exits in lifecycle._plan.values():
        for rows in exits.values():
            for place, later in enumerate(rows):
                if any(set(earlier.guards) <= set(later.guards) for earlier in rows[:place]):
                    yield (
                        f"{_title(later)} to {later.dest} is ambiguous: "
                        "an earlier row applies whenever it does"
                    )


def _graph_problems(lifecycle: Lifecycle) -> Iterator[str]:
    forward = {
        state: {row.dest for row in lifecycle.rows if row.source == state}
        for state in lifecycle.states
    }
    backward = {
        state: {row.source for row in lifecycle.rows if row.dest == state}
        for state in lifecycle.states
    }
    reachable = _closure({lifecycle.initial}, forward)
    ending = _closure(set(lifecycle.terminal), backward)
    for state in dict.fromkeys(lifecycle.states):
        if state not in reachable:
            yield f"state {state} is unreachable from {lifecycle.initial}"
        if state in lifecycle.terminal:
            continue
        if not forward[state]:
            yield f"state {state} is a dead end: it is not terminal and nothing leaves it"
        elif lifecycle.terminal and state not in ending:
            yield f"state {state} is a trap: no terminal state can be reached from it"


def _timeout_problems(lifecycle: Lifecycle) -> Iterator[str]:
    for timeout in lifecycle.timeouts:
        title = f"timeout {timeout.trigger} in {timeout.state}"
        if type(timeout.after_s) is not int or timeout.after_s <= 0:
            yield f"{title}: after_s must be a whole number of seconds above 0"
        if not timeout.reason:
            yield f"{title}: the reason is empty"
        if timeout.state not in lifecycle.states:
            yield f"{title}: the state is unknown"
            continue
        if timeout.state in lifecycle.terminal:
            yield f"{title}: nothing automatic may leave a terminal state"
        rows = lifecycle._plan[timeout.state].get(timeout.trigger, ())
        if not rows:
            yield f"{title}: no row has this trigger from this state"
        elif any(row.manual for row in rows):
            yield f"{title}: a manual row cannot be taken by time"
    for pair in _repeated((each.state, each.trigger) for each in lifecycle.timeouts):
        yield f"timeout {pair[1]} in {pair[0]} is listed twice"


def _title(row: Row) -> str:
    return f"row {row.trigger} from {row.source}"


def _repeated(items: Iterable[T]) -> list[T]:
    return [item for item, count in Counter(items).items() if count > 1]


def _closure(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for near in edges.get(todo.pop(), ()):
            if near not in seen:
                seen.add(near)
                todo.append(near)
    return seen
