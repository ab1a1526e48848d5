"""Read what the code says about itself: first sentences, attribute notes, source of a call."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import ordercore

__all__ = ["attribute_notes", "calls_to", "first_sentence", "text_of"]

SOURCE = Path(ordercore.__file__).parent
_ENTRY = re.compile(r"^    (?P<name>\w+): (?P<text>.*)$")


def first_sentence(subject: object) -> str:
    """Return the first paragraph of a docstring on one line."""
    return (inspect.getdoc(subject) or "").partition("\n\n")[0].replace("\n", " ")


def attribute_notes(subject: object) -> dict[str, str]:
    """Return what the ``Attributes`` block of a docstring says, by name."""
    notes: dict[str, str] = {}
    name = ""
    inside = False
    for line in (inspect.getdoc(subject) or "").splitlines():
        if line == "Attributes:":
            inside = True
        elif inside and (entry := _ENTRY.match(line)):
            name = entry["name"]
            notes[name] = entry["text"]
        elif inside and name and line.startswith("     "):
            notes[name] += f" {line.strip()}"
        elif line:
            inside = False
    return notes


def calls_to(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (module, keyword texts) for every call of ``name`` in the library, by module.

    Values that are computed are shown as templates: ``{...}`` stands for what is filled in.
    """
    for path in sorted(SOURCE.rglob("*.py")):
        if SOURCE / "testing" in path.parents:
            continue  # made up for tests
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                given = {word.arg: text_of(word.value) for word in node.keywords if word.arg}
                yield module.removesuffix(".__init__"), given


def text_of(node: ast.expr) -> str:
    """Return a string expression as text; parts that are computed become ``{name}``."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) for part in parts)
        case ast.FormattedValue(value=value):
            return f"{{{_name(value)}}}"
        case ast.IfExp(body=body, orelse=other):
            return f"{text_of(body)} / {text_of(other)}"
        case _:
            return f"{{{_name(node)}}}"


def _name(node: ast.expr) -> str:
    names = [
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name)
    ]
    return names[0] if names else "..."
