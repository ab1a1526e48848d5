"""Every port of the bundle: what it promises, its methods, what they may raise."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator

from attrs import fields

from generators.docstrings import first_sentence
from generators.markdown import section, table
from ordercore.ports import Mode, Ports

__all__ = ["page"]

_INTRODUCTION = """\
# Ports

What a host supplies, as one value, `ordercore.ports.Ports`. Most methods are `async def`; a
blocking adapter writes them the same way and never suspends. An adapter keeps its promises when it
passes the suites in `ordercore.testing.contracts`, see
[Write an adapter](../how-to/write-an-adapter.md).
"""


def page() -> str:
    """Return the page: an overview, then one section per port."""
    hints = typing.get_type_hints(Ports)
    ports = [(field.name, hints[field.name]) for field in fields(Ports)]
    ports = [(name, kind) for name, kind in ports if getattr(kind, "_is_protocol", False)]
    overview = table(
        ("field of `Ports`", "protocol", "what it is"),
        ((f"`{name}`", f"`{kind.__name__}`", first_sentence(kind)) for name, kind in ports),
    )
    modes = ", ".join(f"`{mode}`" for mode in Mode)
    rest = (
        f"Two more fields are values: `mode` ({modes}) says which face may drive the bundle, and "
        "`provisioning` holds the tables that govern orders (`ProvisioningRules`). One is a "
        "function: `close` closes the connections of the bundle, where it has any.\n"
    )
    sections = [_port(name, kind) for name, kind in ports]
    return "\n".join([_INTRODUCTION, overview, rest, *sections])


def _port(name: str, kind: type) -> str:
    body = (inspect.getdoc(kind) or "").strip()
    rows = table(("method", "what it does", "may raise"), _methods(kind))
    return "\n".join([section(2, f"`{name}`"), f"{body}\n", rows])


def _methods(kind: type) -> Iterator[tuple[str, str, str]]:
    for name, member in vars(kind).items():
        if name.startswith("_") or not inspect.isfunction(member):
            continue
        colour = "async " if inspect.iscoroutinefunction(member) else ""
        parameters = ", ".join(_parameters(member))
        yield f"`{colour}{name}({parameters})`", first_sentence(member), _raises(member)


def _parameters(member: object) -> Iterator[str]:
    assert callable(member)
    keyword_only = False
    for each in inspect.signature(member).parameters.values():
        if each.name == "self":
            continue
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            yield "*"
        yield each.name


def _raises(member: object) -> str:
    lines = (inspect.getdoc(member) or "").partition("\nRaises:\n")[2].splitlines()
    names = [line.strip().partition(":")[0] for line in lines if line.startswith("    ")]
    return ", ".join(f"`{name}`" for name in names if name.isidentifier())
