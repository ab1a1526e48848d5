"""The error tree, with the code, the fields and the HTTP hint of every fault."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from generators.docstrings import first_sentence
from generators.markdown import section, table
from generators.source import ADAPTERS, LIBRARY, modules
from ordercore.kernel.errors import OrderCoreError

__all__ = ["page"]

_INTRODUCTION = """\
# Errors

A rule that says no is a value (a refusal), and so is an outcome that is not known. What is left are
faults, raised as exceptions. All of them derive from `OrderCoreError`, carry typed fields, can be
pickled, and turn into a problem body with `as_dict()`. The code is stable; the message is for
people and is never to be parsed.
"""

_LIBRARY = """\
The classes are in `ordercore.kernel.errors`. A fault that is shown without one is caught as what it
is a kind of.
"""

_ADAPTERS = """\
Raised where the service behind an adapter fails, or refuses what it is asked.
"""

_HEADER = ("class", "code", "HTTP hint", "is a", "fields", "meaning")
_Fault = type[OrderCoreError]


def page() -> str:
    """Return the page: faults of the library, then those of the adapters."""
    return "\n".join(
        [
            _INTRODUCTION,
            section(2, "Of the library"),
            _LIBRARY,
            table(_HEADER, (_cells(fault) for fault in _tree(LIBRARY))),
            section(2, "Of the adapters"),
            _ADAPTERS,
            table(
                (*_HEADER, "from"),
                ((*_cells(fault), f"`{_home(fault)}`") for fault in _tree(ADAPTERS)),
            ),
        ]
    )


def _cells(fault: _Fault) -> tuple[str, ...]:
    return (
        "" if fault.__name__.startswith("_") else f"`{fault.__name__}`",
        f"`{fault.code}`",
        str(fault.http_hint),
        f"`{fault.__bases__[0].__name__}`",
        ", ".join(f"`{field}`" for field in fault.fields),
        first_sentence(fault),
    )


def _tree(package: Path) -> list[_Fault]:
    """Return the faults of a package, parents before children."""
    found = [fault for home, fault in _faults() if home == package]

    def below(parent: type) -> Iterator[_Fault]:
        for fault in found:
            if fault.__bases__[0] is parent:
                yield fault
                yield from below(fault)

    roots = dict.fromkeys(fault.__bases__[0] for fault in found)
    return [fault for root in roots if root not in found for fault in below(root)]


@cache
def _faults() -> tuple[tuple[Path, _Fault], ...]:
    """Return every fault that the source defines, with its package, as the lines stand."""
    known = {OrderCoreError.__name__: OrderCoreError}
    found: list[tuple[Path, _Fault]] = [(LIBRARY, OrderCoreError)]
    for package in (LIBRARY, ADAPTERS):
        # The tree of the library stands in one module, which has to be read first.
        names = sorted(modules(package), key=lambda name: name != OrderCoreError.__module__)
        for name in names:
            for node in ast.walk(modules(package)[name]):
                if isinstance(node, ast.ClassDef) and known.keys() & set(map(_base, node.bases)):
                    fault = getattr(import_module(name), node.name)
                    known[node.name] = fault
                    found.append((package, fault))
    return tuple(found)


def _base(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _home(fault: _Fault) -> str:
    """Return the shortest module that has the fault."""
    above = fault.__module__.rpartition(".")[0]
    return above if hasattr(import_module(above), fault.__name__) else fault.__module__
