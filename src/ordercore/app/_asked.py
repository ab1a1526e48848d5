"""What a use case may be asked: validators that judge its fields when it is made.

Behind them nobody asks again, and nothing ill-shaped reaches a store: each would answer the same
mistake in its own way, one with a driver's fault, another with an empty page that looks like the
truth. Every fault is an `InvalidInput` with the field, what was wrong with it, and what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from types import UnionType
from typing import Any, Final, TypeAlias, TypeVar, get_args

from attrs import Attribute

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id
from ordercore.kernel.money import Money

__all__ = [
    "another_type",
    "member_of",
    "of_kind",
    "page_length",
    "usable_amount",
    "usable_id",
    "usable_text",
    "whole_number",
    "yes_or_no",
]

_LONGEST_TEXT = 2000
_MOST = 2**63 - 1

E = TypeVar("E", bound=Enum)
Validator: TypeAlias = Callable[[object, "Attribute[Any]", Any], None]


def another_type(field: str, value: object, *, allowed: str) -> InvalidInput:
    """Return the fault that says what ``field`` got instead; of the value only its type."""
    return InvalidInput(field=field, problem=f"got {type(value).__name__}", allowed=allowed)


def of_kind(kind: type | UnionType) -> Validator:
    """Return a validator for values of a class, or of one of several."""
    allowed = ", ".join(each.__name__ for each in get_args(kind) or (kind,))

    def check(_asked: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, kind):
            raise another_type(attribute.name, value, allowed=allowed)

    return check


def usable_id(_asked: object, attribute: Attribute[Any], value: object) -> None:
    """Check an id, a reference or a name: printable text, 1 to 200 characters."""
    text_id(value, field=attribute.name)


def usable_text(_asked: object, attribute: Attribute[Any], value: object) -> None:
    """Check text that every store can keep: no NUL, no half characters, at most 2000 of them."""
    field, allowed = attribute.name, f"text of at most {_LONGEST_TEXT} characters"
    if not isinstance(value, str):
        raise another_type(field, value, allowed=allowed)
    if len(value) > _LONGEST_TEXT:
        raise InvalidInput(field=field, problem=f"has {len(value)} characters", allowed=allowed)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(field=field, problem="holds what cannot be stored", allowed=allowed)


def usable_amount(_asked: object, attribute: Attribute[Any], value: object) -> None:
    """Check an amount of money: no more than every store can keep, whatever its sign."""
    if not isinstance(value, Money):
        raise another_type(attribute.name, value, allowed=Money.__name__)
    if abs(value.amount_minor) > _MOST:
        allowed = "an amount whose minor units fit 64 bits"
        raise InvalidInput(field=attribute.name, problem="is too large", allowed=allowed)


def yes_or_no(_asked: object, attribute: Attribute[Any], value: object) -> None:
    """Check a yes or no; the text ``"false"`` would count as yes."""
    if type(value) is not bool:
        raise another_type(attribute.name, value, allowed="True or False")


def _whole(least: int, most: int, *, range_text: str) -> Validator:
    """Return a validator for whole numbers from ``least`` to ``most``, told as ``range_text``."""
    allowed = f"a whole number, {range_text}"

    def check(_asked: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int:  # True is an int too, and one
            raise another_type(attribute.name, value, allowed=allowed)
        if not least <= value <= most:
            problem = f"is below {least}" if value < least else "is too large"
            raise InvalidInput(field=attribute.name, problem=problem, allowed=allowed)

    return check


page_length: Final = _whole(1, 1000, range_text="1 to 1000")
"""Check how many entries of a list are asked for."""

whole_number: Final = _whole(0, _MOST, range_text="0 or more, below 2**63")
"""Check a version, a position in a feed, a number of an attempt: what every store can compare."""


def member_of(kind: type[E], value: object, *, field: str, told: Iterable[E] = ()) -> E:
    """Return the member of ``kind`` that ``value`` is or names.

    Raises:
        InvalidInput: naming ``field``, with the members ``told``, or every one.
    """
    try:
        return kind(value)
    except ValueError:
        shown = repr(value[:40]) if isinstance(value, str) else type(value).__name__
        allowed = ", ".join(str(member.value) for member in told or kind)
        raise InvalidInput(field=field, problem=f"got {shown}", allowed=allowed) from None
