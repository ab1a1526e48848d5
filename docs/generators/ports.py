"""Every port of the bundle: what it promises, its methods, what they may raise."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator

from attrs import NOTHING, fields, fields_dict

from generators.docstrings import attribute_notes, first_sentence
from generators.markdown import section, table
from ordercore.ports import Mode, Ports
from ordercore.ports.unconfigured import unconfigured

__all__ = ["page"]

_INTRODUCTION = """\
# Ports

What a host supplies, as one value, `ordercore.ports.Ports`. Most methods are `async def`; a
blocking adapter writes them the same way and never suspends. An adapter keeps its promises when it
passes the suites in `ordercore.testing.contracts`, see
[Write an adapter](../how-to/write-an-adapter.md). A port has to be given unless the last column
says what happens without it.
"""

_WITHOUT = " None: "
"""Stands in a note between what a field is for and what holds without it."""

_OTHERS = "The other fields are no ports:\n"

_REST = {
    "mode": f"which face may drive the bundle: {', '.join(f'`{mode}`' for mode in Mode)}",
    "provisioning": "the tables that govern orders of services, `ProvisioningRules`",
    "retail": "the tables that govern orders of goods, `RetailRules`",
    "close": "a function that closes the connections of the bundle, where it has any",
}


def page() -> str:
    """Return the page: an overview, then one section per port."""
    ports = dict(_protocols())
    overview = table(
        ("field of `Ports`", "protocol", "what it is", "when left out"),
        (
            (f"`{name}`", f"`{kind.__name__}`", _meaning(name, kind), _left_out(name))
            for name, kind in ports.items()
        ),
    )
    sections = [_port(name, kind) for name, kind in ports.items()]
    return "\n".join([_INTRODUCTION, overview, _rest(set(ports)), *sections])


def _protocols() -> Iterator[tuple[str, type]]:
    """Yield the fields that hold a port, those that may hold None among them."""
    for name, hint in typing.get_type_hints(Ports).items():
        for kind in (hint, *typing.get_args(hint)):
            if getattr(kind, "_is_protocol", False):
                yield name, kind


def _meaning(name: str, kind: type) -> str:
    use, optional, _ = attribute_notes(Ports).get(name, "").partition(_WITHOUT)
    return f"{first_sentence(kind)} {use}" if optional else first_sentence(kind)


def _left_out(name: str) -> str:
    default = fields_dict(Ports)[name].default
    if default is NOTHING:
        return ""
    made = default if default is None else default.factory()
    if made is None:
        return attribute_notes(Ports).get(name, "").partition(_WITHOUT)[2].rstrip(".")
    if repr(made) == repr(unconfigured(name)):
        return "`NotConfigured` is raised when it is needed"
    return f"{first_sentence(made).rstrip('.').lower()} (`{type(made).__name__}`)"


def _rest(ports: set[str]) -> str:
    """Return what is said of the fields that are no ports.

    Raises:
        ValueError: there is one of which nothing is said here.
    """
    silent = {field.name for field in fields(Ports)} - ports - _REST.keys()
    if silent:
        raise ValueError(f"say here what these fields of Ports are: {sorted(silent)}")
    return f"{_OTHERS}\n{table(('field', 'what it is'), ((f'`{n}`', t) for n, t in _REST.items()))}"


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
