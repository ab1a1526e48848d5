"""What a lifecycle says about order: what comes before what, and the way from one state to another.

Compiled once from the table, so that the timelines of many orders can be folded quickly. What can
follow is read from all rows, whatever their guards: guards judge requests, and here something is
told that has happened. The ways that are walked are found by `step`, with facts and guards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TypeVar

from attrs import field, frozen

from ordercore.engine.lifecycle import Guard, Lifecycle, Row, allowed, step
from ordercore.kernel.errors import UnknownState

__all__ = ["Track", "track"]

Facts = TypeVar("Facts")
_Ways = dict[tuple[str, str], tuple[Row, ...]]


@frozen(kw_only=True)
class Track:
    """A lifecycle compiled for folding timelines; made by `track`.

    Attributes:
        lifecycle: The table.
        witnessed: States that the source gives a time for whenever an order reaches them.
    """

    lifecycle: Lifecycle
    witnessed: tuple[str, ...]
    _after: dict[str, frozenset[str]] = field(repr=False, eq=False)
    _needs: dict[str, tuple[str, ...]] = field(repr=False, eq=False)
    _ways: _Ways = field(repr=False, eq=False)
    _rank: dict[str, int] = field(repr=False, eq=False)

    def can_follow(self, state: str, later: str) -> bool:
        """Return whether an order in ``state`` can come into ``later`` by one step or more."""
        return later in self._after[state]

    def comes_before(self, state: str, later: str) -> bool:
        """Return whether ``later`` can follow ``state`` but never the reverse."""
        return later in self._after[state] and state not in self._after[later]

    def excludes(self, one: str, other: str) -> bool:
        """Return whether no order passes both of two different states."""
        return one != other and not self.can_follow(one, other) and not self.can_follow(other, one)

    def is_entered_once(self, state: str) -> bool:
        """Return whether no way leads from ``state`` back to it."""
        return state not in self._after[state]

    def needs(self, state: str) -> tuple[str, ...]:
        """Return the witnessed states that no way to ``state`` gets around, itself included."""
        return self._needs[state]

    def way(self, start: str, end: str) -> tuple[Row, ...] | None:
        """Return the shortest way that the guards let through; None when there is none.

        Of ways equally short the one that comes first in table order is taken.
        """
        return self._ways.get((start, end))

    def rank(self, state: str) -> int:
        """Return the place of ``state`` in an order that no `comes_before` contradicts."""
        return self._rank[state]

    def require(self, state: str) -> str:
        """Return ``state`` if the lifecycle has it.

        Raises:
            UnknownState: the lifecycle does not define it.
        """
        if state not in self._after:
            raise _unknown(self.lifecycle, state)
        return state


def track(
    lifecycle: Lifecycle,
    *,
    facts: Facts,
    guards: Mapping[str, Guard[Facts]],
    witnessed: tuple[str, ...] = (),
) -> Track:
    """Compile ``lifecycle`` for folding timelines.

    Args:
        lifecycle: The table.
        facts: What the guards look at on every way.
        guards: The guard functions by id.
        witnessed: States that the source gives a time for whenever an order reaches them.

    Raises:
        UnknownState: a witnessed state is not in the table.
        DefinitionError: a guard of the table has no function.
    """
    states = lifecycle.states
    exits = {state: tuple(r.dest for r in lifecycle.rows if r.source == state) for state in states}
    after = {state: _reached(exits, exits[state]) for state in states}
    for state in witnessed:
        if state not in exits:
            raise _unknown(lifecycle, state)
    return Track(
        lifecycle=lifecycle,
        witnessed=witnessed,
        after=after,
        needs=_needed(lifecycle.initial, exits, witnessed),
        ways={
            pair: way
            for state in states
            for pair, way in _ways_from(lifecycle, state, facts, guards).items()
        },
        # What more states can follow comes earlier; the table decides where that is equal.
        rank={
            state: place
            for place, state in enumerate(
                sorted(states, key=lambda each: (-len(after[each] | {each}), states.index(each)))
            )
        },
    )


def _reached(
    exits: Mapping[str, tuple[str, ...]], starts: tuple[str, ...], *, without: str | None = None
) -> frozenset[str]:
    """Return ``starts`` and everything that follows, never entering ``without``."""
    found: set[str] = set()
    ahead = [state for state in starts if state != without]
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead.extend(each for each in exits[state] if each != without)
    return frozenset(found)


def _needed(
    initial: str, exits: Mapping[str, tuple[str, ...]], witnessed: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    around = {state: _reached(exits, (initial,), without=state) for state in witnessed}
    return {
        state: tuple(each for each in witnessed if state not in around[each]) for state in exits
    }


def _ways_from(
    lifecycle: Lifecycle, start: str, facts: Facts, guards: Mapping[str, Guard[Facts]]
) -> _Ways:
    found: _Ways = {(start, start): ()}
    ahead = deque([start])
    while ahead:
        state = ahead.popleft()
        for trigger in allowed(lifecycle, state):
            taken = step(lifecycle, state, trigger, facts, guards)
            if isinstance(taken, Row) and (start, taken.dest) not in found:
                found[start, taken.dest] = (*found[start, state], taken)
                ahead.append(taken.dest)
    return found


def _unknown(lifecycle: Lifecycle, state: str) -> UnknownState:
    known = tuple(str(each) for each in lifecycle.states)
    return UnknownState(lifecycle=lifecycle.name, state=str(state), known=known)
