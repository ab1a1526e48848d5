"""What a configuration field may hold: choices, whole numbers, flags, nested objects.

Configurations come from untrusted JSON, so a value may be anything. Nothing is coerced: a number in
quotes, a fraction, a boolean or null where a whole number is wanted is a finding. No check here
raises, whatever the value, and no message repeats more of it than a short name.

Limits and sets are data in a catalogue table (`ordercore.domain.catalog.types`); this module only
knows what the kinds of fields mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, TypeAlias

from attrs import frozen

from ordercore.kernel.result import Finding

__all__ = [
    "Ascending",
    "Choice",
    "Constraint",
    "Field",
    "FieldKind",
    "Flag",
    "LARGEST_WHOLE_NUMBER",
    "MISSING",
    "Nested",
    "OnlyWith",
    "WholeNumber",
    "describe_value",
    "field_findings",
    "lookup",
]

LARGEST_WHOLE_NUMBER: Final = 1_000_000_000
"""Ceiling of a field whose table states no maximum: keeps every price within 64 bits."""

MISSING: Final = object()
"""What `lookup` returns for a path that leads nowhere."""

# What looks like a card number, a token or a key is not repeated in messages: a customer may have
# put it into the wrong field, and messages end up in reports and logs.
_SHOWN_CHARACTERS = 32
_SHOWN_DIGITS = 8
_SHOWN_BITS = 40


@frozen(kw_only=True)
class Choice:
    """One of a fixed set of texts, compared exactly."""

    values: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The texts, for a person."""
        return ", ".join(self.values)

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Yield what is wrong with ``value`` at ``path``."""
        if not isinstance(value, str):
            yield _wrong_type(path, value, wanted="text", allowed=self.allowed)
        elif value not in self.values:
            yield Finding(
                field=path,
                code="not_allowed",
                message=f"{describe_value(value)} is not offered",
                allowed=self.allowed,
            )


@frozen(kw_only=True)
class WholeNumber:
    """A whole number from ``minimum`` to ``maximum``, both included."""

    minimum: int
    maximum: int = LARGEST_WHOLE_NUMBER

    @property
    def allowed(self) -> str:
        """The range, for a person."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Yield what is wrong with ``value`` at ``path``."""
        # `type(...) is int` and not isinstance: True is an int in Python, and 1 is not a flag.
        if type(value) is not int:
            yield _wrong_type(path, value, wanted="a whole number", allowed=self.allowed)
        elif not self.minimum <= value <= self.maximum:
            yield Finding(
                field=path,
                code="out_of_range",
                message=f"{describe_value(value)} is out of range",
                allowed=self.allowed,
            )


@frozen(kw_only=True)
class Flag:
    """True or false, and nothing that merely looks like it."""

    @property
    def allowed(self) -> str:
        """The two values, for a person."""
        return "true or false"

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Yield what is wrong with ``value`` at ``path``."""
        if not isinstance(value, bool):
            yield _wrong_type(path, value, wanted="a boolean", allowed=self.allowed)


@frozen(kw_only=True)
class Nested:
    """An object with fields of its own."""

    fields: tuple[Field, ...]

    @property
    def allowed(self) -> str:
        """The names of the fields, for a person."""
        return "an object with " + ", ".join(field.name for field in self.fields)

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Yield what is wrong with ``value`` at ``path`` and below it."""
        if isinstance(value, Mapping):
            yield from field_findings(self.fields, value, prefix=f"{path}.")
        else:
            yield _wrong_type(path, value, wanted="an object", allowed=self.allowed)


FieldKind: TypeAlias = Choice | WholeNumber | Flag | Nested


@frozen(kw_only=True)
class Field:
    """One key of a configuration object."""

    name: str
    kind: FieldKind
    required: bool = True


@frozen(kw_only=True)
class OnlyWith:
    """One value of a choice goes only with some values of another choice.

    Attributes:
        field: Path of the restricted choice.
        value: Its restricted value.
        other: Path of the other choice.
        values: What the other choice must be then.
    """

    field: str
    value: str
    other: str
    values: tuple[str, ...]

    def findings(self, config: Mapping[str, object], bad: frozenset[str]) -> Iterator[Finding]:
        """Yield a finding when the two do not go together; fields in ``bad`` are not judged."""
        if self.field in bad or self.other in bad:
            return
        other = lookup(config, self.other)
        if lookup(config, self.field) == self.value and other not in self.values:
            wanted = ", ".join(self.values)
            yield Finding(
                field=self.field,
                code="incompatible",
                message=f"{self.value!r} does not go with {self.other} {describe_value(other)}",
                allowed=f"{self.value} only with {self.other} {wanted}",
            )


@frozen(kw_only=True)
class Ascending:
    """Whole numbers that may not decrease from one field to the next.

    Absent fields are passed over. Of two fields in the wrong order the one that is not the
    ``anchor`` is blamed, since the anchor is what the customer ordered and pays.
    """

    fields: tuple[str, ...]
    anchor: str

    def findings(self, config: Mapping[str, object], bad: frozenset[str]) -> Iterator[Finding]:
        """Yield one finding for each pair of neighbours in the wrong order."""
        present = [
            (path, value)
            for path in self.fields
            if path not in bad and isinstance(value := lookup(config, path), int)
        ]
        for (low, low_value), (high, high_value) in pairwise(present):
            if low_value <= high_value:
                continue
            blamed, other, relation, bound = (
                (high, low, "at least", low_value)
                if low == self.anchor
                else (low, high, "at most", high_value)
            )
            yield Finding(
                field=blamed,
                code="out_of_order",
                message=f"{blamed} must be {relation} {other} ({bound})",
                allowed=" <= ".join(self.fields),
            )


Constraint: TypeAlias = OnlyWith | Ascending


def field_findings(
    fields: tuple[Field, ...], values: Mapping[str, object], *, prefix: str = ""
) -> Iterator[Finding]:
    """Yield missing, wrong and unknown keys of one object, in the order of the table."""
    for field in fields:
        path = prefix + field.name
        value = values.get(field.name, MISSING)
        if value is not MISSING:
            yield from field.kind.findings(value, path)
        elif field.required:
            yield Finding(
                field=path, code="missing", message="is missing", allowed=field.kind.allowed
            )
    names = {field.name for field in fields}
    for key in values:
        if key not in names:
            yield Finding(
                field=prefix + _path_segment(key),
                code="unknown_field",
                message="is not a known field",
                allowed=", ".join(field.name for field in fields),
            )


def lookup(config: Mapping[str, object], path: str) -> object:
    """Return the value at a dotted path, or `MISSING`."""
    here: object = config
    for segment in path.split("."):
        if not isinstance(here, Mapping):
            return MISSING
        here = here.get(segment, MISSING)
    return here


def describe_value(value: object) -> str:
    """Return a short, printable description of any value, safe to put into a message.

    Long texts and numbers, and texts of many digits, are told by their size.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return repr(value) if _may_be_shown(value) else f"a text of {len(value)} characters"
    if isinstance(value, int):
        # Python refuses to print integers of several thousand digits anyway.
        bits = value.bit_length()
        return str(value) if bits <= _SHOWN_BITS else f"a number of {bits} bits"
    if isinstance(value, float):
        text = repr(value)
        return f"the fraction {text}" if _may_be_shown(text) else "a long fraction"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"a value of type {type(value).__name__}"


def _may_be_shown(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return len(text) <= _SHOWN_CHARACTERS and digits <= _SHOWN_DIGITS


def _wrong_type(path: str, value: object, *, wanted: str, allowed: str) -> Finding:
    return Finding(
        field=path,
        code="wrong_type",
        message=f"must be {wanted}, got {describe_value(value)}",
        allowed=allowed,
    )


def _path_segment(key: object) -> str:
    """Return the key itself where it is short and printable, else a description of it."""
    if isinstance(key, str) and key and key.isprintable() and _may_be_shown(key):
        return key
    return describe_value(key)
