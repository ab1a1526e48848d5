"""The error tree, with the code, the fields and the HTTP hint of every fault."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from generators.markdown import table
from ordercore.kernel.errors import OrderCoreError

__all__ = ["page"]

_INTRODUCTION = """\
# Errors

A rule that says no is a value (a refusal), and so is an outcome that is not known. What is left are
faults, raised as exceptions. All of them derive from `OrderCoreError`, carry typed fields, can be
pickled, and turn into a problem body with `as_dict()`. The code is stable; the message is for
people and is never to be parsed.
"""


def page() -> str:
    """Return the page, one row per class, parents before children."""
    rows = [
        (
            f"`{fault.__name__}`",
            f"`{fault.code}`",
            str(fault.http_hint),
            f"`{fault.__base__.__name__}`" if fault.__base__ else "",
            ", ".join(f"`{field}`" for field in fault.fields),
            _first_sentence(fault),
        )
        for fault in _family(OrderCoreError)
    ]
    header = ("class", "code", "HTTP hint", "is a", "fields", "meaning")
    return f"{_INTRODUCTION}\n{table(header, rows)}"


def _family(parent: type[OrderCoreError]) -> Iterator[type[OrderCoreError]]:
    """Walk the kernel's tree; faults that tests or hosts define are not part of it."""
    yield parent
    for child in parent.__subclasses__():
        if child.__module__ == OrderCoreError.__module__:
            yield from _family(child)


def _first_sentence(fault: type[OrderCoreError]) -> str:
    return (inspect.getdoc(fault) or "").partition("\n\n")[0].replace("\n", " ")
