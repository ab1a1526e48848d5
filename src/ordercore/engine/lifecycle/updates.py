"""Status updates that may come twice, late or too early, judged by the state alone.

Whoever is told "it was delivered" again can see from the state that it was: the update is
conditional on a state that it leaves behind, so a second one finds nothing to do, and no list of
messages that were taken in is needed. That holds as long as the state does not come back. A trigger
whose row can be walked again later (a payment that is tried once more) cannot tell a repeat from
the next time, and needs a mark per message instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ordercore.engine.lifecycle.table import Lifecycle

__all__ = ["Standing", "is_repeatable", "standing"]


class Standing(StrEnum):
    """What a status update means for something in a certain state.

    ``due``: a row leads on from here. ``reached``: this is where the row leads to. ``passed``: that
    lies behind. ``early``: other rows come first. ``impossible``: no way leads there any more.
    """

    DUE = "due"
    REACHED = "reached"
    PASSED = "passed"
    EARLY = "early"
    IMPOSSIBLE = "impossible"


def standing(lifecycle: Lifecycle, state: str, trigger: str) -> Standing:
    """Return what the update ``trigger`` means in ``state``.

    >>> from ordercore.engine.lifecycle import row
    >>> post = Lifecycle(
    ...     name="post",
    ...     states=("packed", "sent", "there"),
    ...     initial="packed",
    ...     terminal=("there",),
    ...     rows=(
    ...         row("send", "packed", "sent", who=("post",)),
    ...         row("deliver", "sent", "there", who=("post",)),
    ...     ),
    ... )
    >>> [str(standing(post, state, "deliver")) for state in post.states]
    ['early', 'due', 'reached']
    >>> str(standing(post, "there", "send"))
    'passed'
    """
    rows = [row for row in lifecycle.rows if row.trigger == trigger]
    if any(row.source == state for row in rows):
        return Standing.DUE
    dests = {row.dest for row in rows}
    if state in dests:
        return Standing.REACHED
    if state in _reachable(lifecycle, dests):
        return Standing.PASSED
    if dests & _reachable(lifecycle, [state]):
        return Standing.EARLY
    return Standing.IMPOSSIBLE


def is_repeatable(lifecycle: Lifecycle, trigger: str) -> bool:
    """Return whether a repeat of the update can always be told from the state.

    It cannot where a way leads from what the trigger brings about back to where it starts from.
    """
    rows = [row for row in lifecycle.rows if row.trigger == trigger]
    ahead = _reachable(lifecycle, [row.dest for row in rows])
    return not any(row.source in ahead for row in rows)


def _reachable(lifecycle: Lifecycle, start: Iterable[str]) -> set[str]:
    """Return the states on all ways on from ``start``, these included."""
    found, fresh = set[str](), set(start)
    while fresh:
        found |= fresh
        fresh = {row.dest for row in lifecycle.rows if row.source in fresh} - found
    return found
