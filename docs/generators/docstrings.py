"""Read what the code says about itself: first sentences, attribute notes."""

from __future__ import annotations

import inspect
import re

__all__ = ["attribute_notes", "first_sentence"]

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
