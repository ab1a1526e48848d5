"""Take one step through a lifecycle: the hot path.

Decides which row applies to (state, trigger, facts); knows no order, changes nothing and emits
nothing. What the row means is the caller's business. The table is compiled once, when the lifecycle
is built, to ``{state: {trigger: rows}}``: a step is two dictionary look-ups and the guards.

Three answers are kept apart: the row, the `Refusal` of a guard, and an exception for a request that
the table does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ordercore.kernel.errors import DefinitionError, TransitionNotAllowed, UnknownState
from ordercore.kernel.result import Refusal

if TYPE_CHECKING:
    from ordercore.engine.lifecycle.table import Lifecycle, Row

__all__ = ["Guard", "allowed", "allowed_now", "compile_rows", "step"]

Facts = TypeVar("Facts")
Guard: TypeAlias = Callable[[Facts], Refusal | None]


def compile_rows(
    states: Iterable[str], rows: Iterable[Row]
) -> dict[str, dict[str, tuple[Row, ...]]]:
    """Return ``{state: {trigger: rows}}`` with an entry for every state, even one never left."""
    plan: dict[str, dict[str, tuple[Row, ...]]] = {state: {} for state in states}
    for each in rows:
        exits = plan.setdefault(each.source, {})
        exits[each.trigger] = (*exits.get(each.trigger, ()), each)
    return plan


def step(
    lifecycle: Lifecycle,
    state: str,
    trigger: str,
    facts: Facts,
    guards: Mapping[str, Guard[Facts]],
) -> Row | Refusal:
    """Return the first row whose guards all agree, or what the guards of the first row object.

    Args:
        lifecycle: The table.
        state: Where the order is.
        trigger: What is asked for.
        facts: What the guards look at.
        guards: The guard functions by id; each returns a refusal or None.

    Raises:
        TransitionNotAllowed: when the table has no such row; names what is allowed.
        UnknownState: when the lifecycle does not define ``state``.
        DefinitionError: when a guard of the row is not among ``guards``.
    """
    try:
        candidates = lifecycle._plan[state][trigger]
    except KeyError:
        raise _not_in_table(lifecycle, state, trigger) from None
    first = candidates[0]
    if not first.guards:
        return first
    refusal = _objection(lifecycle, first, facts, guards)
    if refusal is None:
        return first
    for alternative in candidates[1:]:
        if _objection(lifecycle, alternative, facts, guards) is None:
            return alternative
    return refusal


def allowed(lifecycle: Lifecycle, state: str) -> tuple[str, ...]:
    """Return the triggers the table has for ``state``, in table order, whatever the guards say.

    Raises:
        UnknownState: when the lifecycle does not define ``state``.
    """
    try:
        return tuple(lifecycle._plan[state])
    except KeyError:
        raise _unknown_state(lifecycle, state) from None


def allowed_now(
    lifecycle: Lifecycle, state: str, facts: Facts, guards: Mapping[str, Guard[Facts]]
) -> tuple[str, ...]:
    """Return the triggers of ``state`` that the guards let through, given ``facts``.

    Raises:
        UnknownState: when the lifecycle does not define ``state``.
        DefinitionError: when a guard of a row is not among ``guards``.
    """
    return tuple(
        trigger
        for trigger in allowed(lifecycle, state)
        if not isinstance(step(lifecycle, state, trigger, facts, guards), Refusal)
    )


def _objection(
    lifecycle: Lifecycle, row: Row, facts: Facts, guards: Mapping[str, Guard[Facts]]
) -> Refusal | None:
    for name in row.guards:
        try:
            guard = guards[name]
        except KeyError:
            raise _guard_missing(lifecycle, name) from None
        refusal = guard(facts)
        if refusal is not None:
            return refusal
    return None


def _not_in_table(
    lifecycle: Lifecycle, state: str, trigger: str
) -> TransitionNotAllowed | UnknownState:
    if state not in lifecycle._plan:
        return _unknown_state(lifecycle, state)
    return TransitionNotAllowed(
        lifecycle=lifecycle.name,
        state=str(state),
        trigger=str(trigger),
        allowed=tuple(str(each) for each in lifecycle._plan[state]),
    )


def _unknown_state(lifecycle: Lifecycle, state: str) -> UnknownState:
    return UnknownState(
        lifecycle=lifecycle.name,
        state=str(state),
        known=tuple(str(each) for each in lifecycle.states),
    )


def _guard_missing(lifecycle: Lifecycle, guard: str) -> DefinitionError:
    return DefinitionError(
        name=lifecycle.name, problems=(f"guard {guard} has no function in the guards passed in",)
    )
