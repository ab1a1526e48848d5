"""``ordercore lifecycle NAME``: the table an order of one kind moves along."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

import typer

from ordercore import PROVISIONING, RETAIL
from ordercore.engine.lifecycle import Lifecycle
from ordercore_adapters.cli.faults import wrong_use
from ordercore_adapters.cli.options import Json
from ordercore_adapters.cli.output import Output

__all__ = ["Format", "LIFECYCLES", "lifecycle"]

LIFECYCLES: Final[Mapping[str, Lifecycle]] = MappingProxyType(
    {life.name: life for life in (PROVISIONING, RETAIL)}
)
"""Every lifecycle that comes with the library, by name."""


class Format(StrEnum):
    """How the table is written."""

    TABLE = "table"
    JSON = "json"
    MERMAID = "mermaid"


def lifecycle(
    name: Annotated[str, typer.Argument(metavar="NAME", help=", ".join(LIFECYCLES))],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
    as_json: Json = False,
) -> None:
    """Show the states and transitions of a lifecycle."""
    out = Output(as_json=as_json)
    life = LIFECYCLES.get(name)
    if life is None:
        known = ", ".join(LIFECYCLES)
        raise wrong_use(
            "unknown_lifecycle",
            f"there is no lifecycle of that name; known: {known}",
            allowed=known,
        )
    if as_json or form is Format.JSON:
        out.value(_as_dict(life))
    elif form is Format.MERMAID:
        from ordercore.engine.lifecycle import mermaid

        out.line(mermaid(life))
    else:
        _as_table(out, life)


def _as_dict(life: Lifecycle) -> dict[str, object]:
    return {
        "states": [str(state) for state in life.states],
        "initial": str(life.initial),
        "terminal": [str(state) for state in life.terminal],
        "transitions": [
            {"trigger": trigger, "from": source, "to": dest}
            for trigger, source, dest in _transitions(life)
        ],
    }


def _transitions(life: Lifecycle) -> list[tuple[str, str, str]]:
    """Return one entry per trigger and source, though several guarded rows may share them."""
    found: dict[tuple[str, str], str] = {}
    for row in life.rows:
        found.setdefault((str(row.trigger), str(row.source)), str(row.dest))
    return [(trigger, source, dest) for (trigger, source), dest in found.items()]


def _as_table(out: Output, life: Lifecycle) -> None:
    out.line(f"{life.name}: starts in {life.initial}; ends in {', '.join(life.terminal)}")
    out.table(
        ("trigger", "from!", "to!", "who", "guards"),
        (
            (row.trigger, row.source, row.dest, ", ".join(row.who), ", ".join(row.guards))
            for row in life.rows
        ),
    )
    for due in life.timeouts:
        out.line(f"{due.state} for longer than {_span(due.after_s)}: {due.trigger}")


def _span(seconds: int) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
