"""A lifecycle as a table: states, rows, timeouts, nothing hidden in code.

The table is the truth; `ordercore.engine.lifecycle.step` interprets it, diagrams and reference
pages are drawn from it, and a host changes a lifecycle by making another table. States and triggers
are strings; the tables shipped here use ``StrEnum`` members, a host's own states may be plain text.

Invariant: a `Lifecycle` that exists is sound. The constructor refuses a contradictory table and
lists every problem at once (see `ordercore.engine.lifecycle.check`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from attrs import Factory, evolve, field, frozen

from ordercore.engine.lifecycle.check import problems_of
from ordercore.engine.lifecycle.step import compile_rows
from ordercore.kernel.errors import DefinitionError

__all__ = [
    "JsonRow",
    "JsonTable",
    "Lifecycle",
    "Row",
    "Timeout",
    "as_json_table",
    "row",
]


@frozen(kw_only=True)
class Row:
    """One allowed transition: ``trigger`` moves ``source`` to ``dest``.

    Attributes:
        trigger: What is asked for.
        source: The state it is asked in.
        dest: The state that follows.
        who: Roles that may ask; never empty.
        guards: Ids of the guards that must all agree, in the order they are asked.
        emits: Type of the event that tells the world, or None where nothing is told.
        manual: True for a person's express act. Only such a row may leave a terminal state, and no
            timeout may take it.
    """

    trigger: str
    source: str
    dest: str
    who: tuple[str, ...]
    guards: tuple[str, ...] = ()
    emits: str | None = None
    manual: bool = False


def row(
    trigger: str,
    source: str,
    dest: str,
    *,
    who: tuple[str, ...],
    guards: tuple[str, ...] = (),
    emits: str | None = None,
    manual: bool = False,
) -> Row:
    """Return a `Row`; the positional form keeps a hand-written table at one line per row."""
    return Row(
        trigger=trigger,
        source=source,
        dest=dest,
        who=who,
        guards=guards,
        emits=emits,
        manual=manual,
    )


@frozen(kw_only=True)
class Timeout:
    """What happens by itself when an order stays in ``state`` for ``after_s`` seconds."""

    state: str
    after_s: int
    trigger: str
    reason: str


@frozen(kw_only=True)
class Lifecycle:
    """A sound table of states and transitions.

    Several rows may share a trigger and a source when their guards tell them apart: they are tried
    in table order, and only the last may be unguarded.

    Attributes:
        name: Stored with every order, together with ``version``.
        version: Raised by whoever changes the table; see `ordercore.engine.lifecycle.diff`.
        states: Every state, in the order a reader should meet them.
        initial: Where a new order starts.
        terminal: States that nothing automatic leaves.
        rows: The transitions, in table order.
        timeouts: The transitions that time alone triggers.

    Raises:
        DefinitionError: listing every problem of the table.
    """

    name: str
    version: int = 1
    states: tuple[str, ...]
    initial: str
    terminal: tuple[str, ...]
    rows: tuple[Row, ...]
    timeouts: tuple[Timeout, ...] = ()
    # Derived from the rows; a plain dict because a mapping proxy can be neither pickled nor copied.
    _plan: dict[str, dict[str, tuple[Row, ...]]] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: compile_rows(self.states, self.rows), takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        problems = problems_of(self)
        if problems:
            raise DefinitionError(name=self.name, problems=problems)

    @property
    def triggers(self) -> tuple[str, ...]:
        """Every trigger once, in table order."""
        return tuple(dict.fromkeys(each.trigger for each in self.rows))

    @property
    def guard_ids(self) -> tuple[str, ...]:
        """Every guard id the rows mention, once, in table order."""
        return tuple(dict.fromkeys(guard for each in self.rows for guard in each.guards))

    def extend(
        self,
        *,
        name: str,
        version: int = 1,
        states: Iterable[str] = (),
        terminal: Iterable[str] = (),
        rows: Iterable[Row] = (),
        timeouts: Iterable[Timeout] = (),
        without_rows: Iterable[tuple[str, str]] = (),
        without_timeouts: Iterable[tuple[str, str]] = (),
    ) -> Lifecycle:
        """Return a lifecycle of its own that starts from this one.

        Args:
            name: Name of the new lifecycle.
            version: Version of the new lifecycle.
            states: States to add.
            terminal: Which of the states become terminal besides those that are.
            rows: Rows to add.
            timeouts: Timeouts to add.
            without_rows: Rows to leave out, as ``(trigger, source)``.
            without_timeouts: Timeouts to leave out, as ``(state, trigger)``.

        Raises:
            DefinitionError: when something to leave out is not there, or the result is not sound.
        """
        dropped_rows, dropped_timeouts = set(without_rows), set(without_timeouts)
        missing = (
            *_absent("row", dropped_rows, {(each.trigger, each.source) for each in self.rows}),
            *_absent(
                "timeout", dropped_timeouts, {(each.state, each.trigger) for each in self.timeouts}
            ),
        )
        if missing:
            raise DefinitionError(name=name, problems=missing)
        kept = tuple(each for each in self.rows if (each.trigger, each.source) not in dropped_rows)
        waiting = tuple(
            each for each in self.timeouts if (each.state, each.trigger) not in dropped_timeouts
        )
        return Lifecycle(
            name=name,
            version=version,
            states=(*self.states, *states),
            initial=self.initial,
            terminal=(*self.terminal, *terminal),
            rows=(*kept, *rows),
            timeouts=(*waiting, *timeouts),
        )

    def without_guards(self, *guards: str) -> Lifecycle:
        """Return the same lifecycle with the named guards switched off.

        Raises:
            DefinitionError: when no row mentions one of them, or the rows that are left contradict
                each other.
        """
        unknown = tuple(
            f"cannot switch off guard {guard}: no row has it"
            for guard in guards
            if guard not in self.guard_ids
        )
        if unknown:
            raise DefinitionError(name=self.name, problems=unknown)
        rows = tuple(
            evolve(each, guards=tuple(guard for guard in each.guards if guard not in guards))
            for each in self.rows
        )
        return evolve(self, rows=rows)


JsonRow = TypedDict("JsonRow", {"trigger": str, "from": str, "to": str})


class JsonTable(TypedDict):
    """The published JSON form of a lifecycle."""

    states: list[str]
    initial: str
    terminal: list[str]
    transitions: list[JsonRow]


def as_json_table(lifecycle: Lifecycle) -> JsonTable:
    """Return the table as plain JSON data, one transition per row, everything as plain text."""
    return {
        "states": [str(state) for state in lifecycle.states],
        "initial": str(lifecycle.initial),
        "terminal": [str(state) for state in lifecycle.terminal],
        "transitions": [
            {"trigger": str(each.trigger), "from": str(each.source), "to": str(each.dest)}
            for each in lifecycle.rows
        ],
    }


def _absent(
    kind: str, dropped: set[tuple[str, str]], present: set[tuple[str, str]]
) -> tuple[str, ...]:
    return tuple(
        f"cannot leave out {kind} ({', '.join(pair)}): there is none"
        for pair in sorted(dropped - present)
    )
