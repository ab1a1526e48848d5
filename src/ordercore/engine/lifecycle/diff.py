"""What changed between two versions of a lifecycle, and whom it leaves behind.

A lifecycle is changed while orders are under way. Before the new version goes live, a host counts
its orders per state, asks which would be in a state that is gone (`LifecycleDiff.stranded`) and
reads in `LifecycleDiff.removed_rows` what they could do before and no longer can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import frozen

from ordercore.engine.lifecycle.table import Lifecycle, Row, Timeout

__all__ = ["LifecycleDiff", "RowChange", "diff"]

T = TypeVar("T")


@frozen(kw_only=True)
class RowChange:
    """The rows of one trigger from one source, before and after."""

    trigger: str
    source: str
    before: tuple[Row, ...]
    after: tuple[Row, ...]


@frozen(kw_only=True)
class LifecycleDiff:
    """The difference of two lifecycles, from the older to the newer.

    Attributes:
        added_states: States only the newer has.
        removed_states: States only the older has.
        added_rows: Rows whose (trigger, source) only the newer has.
        removed_rows: Rows whose (trigger, source) only the older has.
        changed_rows: What became of a (trigger, source) that both have: another destination, other
            guards, roles or event.
        added_timeouts: Timeouts only the newer has; one that changed is in both lists.
        removed_timeouts: Timeouts only the older has.
        changed_kinds: States that became terminal or stopped being so.
        changed_initial: The initial states before and after where they differ, else None.
    """

    added_states: tuple[str, ...]
    removed_states: tuple[str, ...]
    added_rows: tuple[Row, ...]
    removed_rows: tuple[Row, ...]
    changed_rows: tuple[RowChange, ...]
    added_timeouts: tuple[Timeout, ...]
    removed_timeouts: tuple[Timeout, ...]
    changed_kinds: tuple[str, ...]
    changed_initial: tuple[str, str] | None

    @property
    def empty(self) -> bool:
        """True when the two tables say the same."""
        return self == _NOTHING

    def stranded(self, orders_by_state: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        """Return (state, orders) for every removed state that orders are still in.

        Args:
            orders_by_state: How many orders are in each state; states without orders may be absent.
        """
        return tuple(
            (state, orders_by_state[state])
            for state in self.removed_states
            if orders_by_state.get(state, 0) > 0
        )


_NOTHING = LifecycleDiff(
    added_states=(),
    removed_states=(),
    added_rows=(),
    removed_rows=(),
    changed_rows=(),
    added_timeouts=(),
    removed_timeouts=(),
    changed_kinds=(),
    changed_initial=None,
)


def diff(old: Lifecycle, new: Lifecycle) -> LifecycleDiff:
    """Return what turns ``old`` into ``new``; names and versions do not count."""
    before, after = _by_pair(old), _by_pair(new)
    return LifecycleDiff(
        added_states=_only_in(new.states, old.states),
        removed_states=_only_in(old.states, new.states),
        added_rows=tuple(row for row in new.rows if (row.trigger, row.source) not in before),
        removed_rows=tuple(row for row in old.rows if (row.trigger, row.source) not in after),
        changed_rows=tuple(
            RowChange(trigger=pair[0], source=pair[1], before=rows, after=after[pair])
            for pair, rows in before.items()
            if pair in after and after[pair] != rows
        ),
        added_timeouts=_only_in(new.timeouts, old.timeouts),
        removed_timeouts=_only_in(old.timeouts, new.timeouts),
        changed_kinds=tuple(
            state
            for state in old.states
            if state in new.states and (state in old.terminal) != (state in new.terminal)
        ),
        changed_initial=None if old.initial == new.initial else (old.initial, new.initial),
    )


def _by_pair(lifecycle: Lifecycle) -> dict[tuple[str, str], tuple[Row, ...]]:
    pairs: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in lifecycle.rows:
        pair = (row.trigger, row.source)
        pairs[pair] = (*pairs.get(pair, ()), row)
    return pairs


def _only_in(these: tuple[T, ...], those: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in these if each not in those)
