"""Two values beside each other: where they differ, in words that fit on a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import attrs

__all__ = ["Differs", "described", "expect", "only"]

T = TypeVar("T")

_LONGEST = 160
_MOST = 8
_END = object()


class Differs(AssertionError):
    """Something else was seen than expected.

    Attributes:
        expected: What was expected, in words.
        seen: What was seen, in words.
    """

    def __init__(self, *, expected: str, seen: str) -> None:
        self.expected, self.seen = expected, seen
        super().__init__(f"expected {expected}; seen {seen}")


def expect(seen: object, expected: object, what: str = "") -> None:
    """Check that an answer is what was expected.

    Args:
        seen: The answer.
        expected: What it should be.
        what: What it says, where the value alone does not tell.

    Raises:
        Differs: it is not; of long values only the parts that differ are told.
    """
    if seen == expected:
        return
    parts = list(_differences(what, expected, seen)) or [(what, expected, seen)]
    rest = f"\n... and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    lines = [
        "\n".join(_line(place, pair[index]) for place, *pair in parts[:_MOST]) + rest
        for index in (0, 1)
    ]
    raise Differs(expected=lines[0], seen=lines[1])


def only(found: Sequence[T]) -> T:
    """Return the one element of an answer.

    Raises:
        Differs: there is none, or there are several.
    """
    if len(found) != 1:
        raise Differs(expected="exactly one", seen=f"{len(found)}: {described(found)}")
    return found[0]


def described(value: object) -> str:
    """Return a value as somebody would say it, on one line and cut when it is long."""
    if value is _END or value is None:
        return "nothing"
    if isinstance(value, Sequence | Mapping) and not value:
        return "an empty text" if isinstance(value, str) else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else " (without a time zone)")
    if isinstance(value, Enum):
        return str(value)
    text = repr(value) if isinstance(value, str | bytes) else _structure(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _structure(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(described(each) for each in value[:20])
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {described(each)}" for key, each in list(value.items())[:20])
    if attrs.has(type(value)):
        shown = [each.name for each in attrs.fields(type(value)) if each.repr]
        parts = ", ".join(f"{name}={described(getattr(value, name))}" for name in shown)
        return f"{type(value).__name__}({parts})"
    return str(value)


def _line(place: str, value: object) -> str:
    return f"{place}: {described(value)}" if place else described(value)


def _differences(place: str, expected: Any, seen: Any) -> Iterator[tuple[str, object, object]]:
    """Yield the places where two values differ, with what each has there."""
    if expected == seen:
        return
    if isinstance(expected, Mapping) and isinstance(seen, Mapping):
        for key in dict.fromkeys((*expected, *seen)):
            here = f"{place}, {key}" if place else str(key)
            yield from _differences(here, expected.get(key, _END), seen.get(key, _END))
    elif isinstance(expected, list | tuple) and isinstance(seen, list | tuple):
        if len(expected) != len(seen) or not any(attrs.has(type(each)) for each in expected):
            yield place, expected, seen
            return
        for number, (one, other) in enumerate(zip(expected, seen, strict=True), start=1):
            yield from _differences(f"{place} no. {number}".strip(), one, other)
    elif type(expected) is type(seen) and attrs.has(type(seen)):
        before = f"{place}." if place else f"{type(seen).__name__}."
        for name in (each.name for each in attrs.fields(type(seen)) if each.eq):
            yield from _differences(f"{before}{name}", getattr(expected, name), getattr(seen, name))
    else:
        yield place, expected, seen
