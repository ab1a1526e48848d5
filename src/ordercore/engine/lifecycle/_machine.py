"""The one door to the `transitions` library: a second opinion, diagrams, and a bridge for hosts.

The table is interpreted by `ordercore.engine.lifecycle.step`; nothing at run time needs this
module. The library is imported on demand, so that embedding ordercore does not load it. It serves

* `oracle`: an independent witness which tests walk in lockstep with `step`;
* `mermaid`: a state diagram for the reference pages;
* `as_machine`: the familiar API, for hosts that want it on mutable objects *of their own*. Our
  values are frozen and slotted and cannot be attached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ordercore.engine.lifecycle.check import require_guards
from ordercore.engine.lifecycle.step import Guard, allowed
from ordercore.engine.lifecycle.table import Lifecycle

if TYPE_CHECKING:
    from transitions import Machine

__all__ = ["Oracle", "as_machine", "mermaid", "oracle"]

Facts = TypeVar("Facts")

_NO_GUARDS: Final[Mapping[str, Guard[Any]]] = MappingProxyType({})
_STYLE_LINE = re.compile(r"\s*(classDef|Class|direction)\b")


class _Probe:
    """A throwaway model: the library writes the new state here, and nowhere else."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class Oracle(Generic[Facts]):
    """A lifecycle as the library understands it: one shared machine, a new probe per question."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def knows(self, state: str, trigger: str) -> bool:
        """Return whether the machine has any transition for ``trigger`` from ``state``."""
        event = self._machine.events.get(str(trigger))
        return event is not None and str(state) in event.transitions

    def fire(self, state: str, trigger: str, facts: Facts) -> str | None:
        """Return the state that follows, or None when the machine refuses."""
        if not self.knows(state, trigger):
            return None
        probe = _Probe(str(state))
        moved = self._machine.events[str(trigger)].trigger(probe, facts)
        return probe.state if moved else None


def oracle(lifecycle: Lifecycle, guards: Mapping[str, Guard[Facts]] = _NO_GUARDS) -> Oracle[Facts]:
    """Return an independent interpreter of the same table.

    Raises:
        DefinitionError: when a guard of the table is not among ``guards``.
    """
    return Oracle(as_machine(lifecycle, guards=guards))


def as_machine(
    lifecycle: Lifecycle,
    model: object | None = None,
    *,
    guards: Mapping[str, Guard[Facts]] = _NO_GUARDS,
    state: str | None = None,
) -> Machine:
    """Return a `transitions.Machine` built from the table.

    A model gets one method per trigger, called with the facts: ``basket.submit(facts)``. Unlike
    `step`, the library answers a guard's refusal with a bare False and moves the model in place.

    Args:
        lifecycle: The table.
        model: A mutable object of the host, or None for a machine without one.
        guards: The guard functions by id.
        state: Where the model already is; the initial state when left out.

    Raises:
        DefinitionError: when a guard of the table is not among ``guards``; switch off what is not
            wanted with `Lifecycle.without_guards`.
        UnknownState: when the lifecycle does not define ``state``.
    """
    from transitions import Machine

    require_guards(lifecycle, guards)
    start = lifecycle.initial if state is None else state
    allowed(lifecycle, start)
    return Machine(
        model=model,
        states=[
            {"name": str(each), "final": each in lifecycle.terminal} for each in lifecycle.states
        ],
        initial=str(start),
        transitions=[
            {
                "trigger": str(row.trigger),
                "source": str(row.source),
                "dest": str(row.dest),
                "conditions": [_agrees(guards[guard]) for guard in row.guards],
            }
            for row in lifecycle.rows
        ],
        auto_transitions=False,
    )


def mermaid(lifecycle: Lifecycle) -> str:
    """Return the lifecycle as Mermaid ``stateDiagram-v2`` text, guards in brackets, no styling.

    The text depends on the table alone, so a generated page changes only when the table does.
    """
    from transitions.extensions import GraphMachine

    machine = GraphMachine(
        # Without a model the library cannot draw the whole graph.
        model=_Canvas(),
        states=[_identifier(each) for each in lifecycle.states],
        initial=_identifier(lifecycle.initial),
        transitions=[
            {
                "trigger": str(row.trigger),
                "source": _identifier(row.source),
                "dest": _identifier(row.dest),
                "conditions": [str(guard) for guard in row.guards],
            }
            for row in lifecycle.rows
        ],
        auto_transitions=False,
        show_conditions=True,
        graph_engine="mermaid",
    )
    drawn = str(machine.get_combined_graph(title=f"title: {lifecycle.name}").draw(None))
    kept = [line.rstrip() for line in drawn.splitlines() if not _STYLE_LINE.match(line)]
    ends = [f"  {_identifier(each)} --> [*]" for each in lifecycle.terminal]
    return "\n".join([*(line for line in kept if line), *ends]) + "\n"


class _Canvas:
    """A model that exists to be drawn; the library hangs its methods on it."""


def _agrees(guard: Guard[Facts]) -> Callable[[Facts], bool]:
    return lambda facts: guard(facts) is None


def _identifier(state: str) -> str:
    return re.sub(r"\W", "_", str(state))
