"""Every lifecycle that comes with the library: diagram, states, rows, guards and deadlines."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from attrs import frozen

from generators.markdown import section, table
from ordercore.domain.orders.lifecycles import (
    PROVISIONING,
    PROVISIONING_GUARDS,
    RETAIL,
    RETAIL_GUARDS,
)
from ordercore.engine.lifecycle import Lifecycle, Row
from ordercore.engine.lifecycle._machine import mermaid

__all__ = ["page"]


@frozen(kw_only=True)
class _Entry:
    """One lifecycle with the functions behind its guard ids."""

    constant: str
    lifecycle: Lifecycle
    guards: Mapping[str, Callable[..., object]]


_SHIPPED = (
    _Entry(constant="PROVISIONING", lifecycle=PROVISIONING, guards=PROVISIONING_GUARDS),
    _Entry(constant="RETAIL", lifecycle=RETAIL, guards=RETAIL_GUARDS),
)

_INTRODUCTION = """\
# Lifecycles

A lifecycle is a table: what it does not list is refused, with the state, the trigger and what would
be allowed. A row may ask guards first; a guard that says no gives its reason and nothing changes.
Hosts extend or replace these tables, see `Lifecycle.extend`.
"""


def page() -> str:
    """Return the page, one section per lifecycle."""
    return "\n".join([_INTRODUCTION, *(_lifecycle(entry) for entry in _SHIPPED)])


def _lifecycle(entry: _Entry) -> str:
    life = entry.lifecycle
    facts = (
        f"`{entry.constant}`, version {life.version}: {len(life.states)} states, "
        f"{len(life.rows)} rows. Starts in `{life.initial}`; nothing automatic leaves "
        f"{_codes(life.terminal)}.\n"
    )
    rows = table(
        ("trigger", "from", "to", "who", "guards", "event"), (_cells(row) for row in life.rows)
    )
    guards = table(
        ("guard", "what it does"),
        ((f"`{name}`", _first_sentence(guard)) for name, guard in sorted(entry.guards.items())),
    )
    deadlines = table(
        ("state", "longer than", "trigger", "reason"),
        (
            (f"`{due.state}`", _duration(due.after_s), f"`{due.trigger}`", due.reason)
            for due in life.timeouts
        ),
    )
    return "\n".join(
        [
            section(2, life.name),
            facts,
            f"```mermaid\n{mermaid(life).strip()}\n```\n",
            section(3, f"Transitions of {life.name}"),
            rows,
            section(3, f"Guards of {life.name}"),
            guards,
            section(3, f"Deadlines of {life.name}"),
            deadlines,
        ]
    )


def _cells(row: Row) -> tuple[str, ...]:
    event = f"`{row.emits}`" if row.emits else ""
    who = ", ".join(row.who) + (", by hand only" if row.manual else "")
    return (f"`{row.trigger}`", f"`{row.source}`", f"`{row.dest}`", who, _codes(row.guards), event)


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _duration(seconds: int) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _first_sentence(guard: Callable[..., object]) -> str:
    return (inspect.getdoc(guard) or "").partition("\n\n")[0]
