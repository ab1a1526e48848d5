"""What a host may ask: every use case with its fields and its answer."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from attrs import NOTHING, fields, has

from generators.docstrings import attribute_notes, first_sentence
from generators.markdown import section, table
from ordercore import app

__all__ = ["page"]

_INTRODUCTION = """\
# Use cases

Each is a frozen value. `OrderCore(ports).handle(use_case)` carries it out, or
`await AsyncOrderCore(ports).handle(use_case)`; both return the type in the last column. A field
with a default may be left out. Most use cases take `caller`, a `Caller`: the tenant, who asks in
which role, and optionally an idempotency key and a correlation id.

Without a caller come {login}, which take tenant, name and password instead,
and those for workers: {workers}.

A field that cannot be what it should raises `InvalidInput` already when the value is made, with the
field, what was wrong and what is allowed. An id is printable text of 1 to 200 characters, a reason
or note text of at most 2000 that every store can keep.
"""

_LOGGING_IN = (app.LogIn, app.ChangePassword)

# What these fields mean is the same everywhere, so the code says it only once or not at all.
_EVERYWHERE = {
    "caller": "Who asks.",
    "order_id": "Which order.",
    "reason": "Why, for the audit trail.",
    "expected_version": "Raise `ConcurrencyConflict` when the order is at another version.",
    "limit": "At most so many.",
}


def page() -> str:
    """Return the page: an overview, then one section per use case."""
    found = [
        (name, member)
        for name, member in sorted(vars(app).items())
        if name in app.__all__
        and inspect.isclass(member)
        and has(member)
        and inspect.iscoroutinefunction(getattr(member, "run", None))
    ]
    overview = table(
        ("use case", "what it does", "answer"),
        ((f"`{name}`", first_sentence(kind), f"`{_answer(kind)}`") for name, kind in found),
    )
    nobody = [kind for _, kind in found if all(each.name != "caller" for each in fields(kind))]
    workers = [kind for kind in nobody if kind not in _LOGGING_IN]
    introduction = _INTRODUCTION.format(login=_listed(_LOGGING_IN), workers=_listed(workers))
    return "\n".join([introduction, overview, *(_section(name, kind) for name, kind in found)])


def _listed(kinds: Sequence[type]) -> str:
    *most, last = (f"`{kind.__name__}`" for kind in kinds)
    return f"{', '.join(most)} and {last}"


def _section(name: str, kind: type) -> str:
    notes = attribute_notes(kind)
    rows = (
        (
            f"`{field.name}`",
            f"`{field.type}`",
            "" if field.default is NOTHING else f"`{_shown(field.default)}`",
            notes.get(field.name, _EVERYWHERE.get(field.name, "")),
        )
        for field in fields(kind)
    )
    text = (inspect.getdoc(kind) or "").partition("\n\nAttributes:")[0]
    raises = _raises(kind)
    return "\n".join(
        [
            section(2, f"`{name}`"),
            f"{text}\n",
            table(("field", "type", "default", "meaning"), rows),
            *([raises] if raises else []),
        ]
    )


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return ", ".join(str(each) for each in default)
    return str(default)


def _answer(kind: type) -> str:
    return str(inspect.signature(kind.run).return_annotation)  # type: ignore[attr-defined]


def _raises(kind: type) -> str:
    text = inspect.getdoc(kind.run) or ""  # type: ignore[attr-defined]
    lines = text.partition("\nRaises:\n")[2].splitlines()
    entries: list[str] = []
    for line in lines:
        if line.startswith("        ") and entries:
            entries[-1] += f" {line.strip()}"
        elif line.startswith("    "):
            name, _, why = line.strip().partition(": ")
            entries.append(f"`{name}` when {why}")
    return f"Raises {'; '.join(entry.rstrip('.') for entry in entries)}.\n" if entries else ""
