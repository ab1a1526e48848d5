"""What a use case that reads may be asked: judged at the door, before any store is.

A store would answer the same mistakes in its own way each: one with a driver's fault, another with
an empty page that looks like the truth.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from ordercore.app.use_case import Caller
from ordercore.domain.orders.lifecycles import Role
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id
from ordercore.kernel.result import Refusal

__all__ = [
    "asked_flag",
    "asked_limit",
    "asked_maybe",
    "asked_one_of",
    "asked_position",
    "for_operators",
]

_LONGEST_PAGE = 1000
_POSITIONS = 2**63

E = TypeVar("E", bound=Enum)


def asked_limit(value: object) -> None:
    """Check how many are asked for: an int from 1 to 1000.

    Raises:
        InvalidInput: naming ``limit``.
    """
    _whole(value, field="limit", least=1, most=_LONGEST_PAGE, allowed="1 to 1000")


def asked_position(value: object) -> None:
    """Check a position in a feed: an int from 0 that every store can compare.

    Raises:
        InvalidInput: naming ``after``.
    """
    _whole(value, field="after", least=0, most=_POSITIONS - 1, allowed="0 or more, below 2**63")


def asked_maybe(value: object, *, field: str) -> None:
    """Check an id or word that may be left out.

    Raises:
        InvalidInput: naming ``field``.
    """
    if value is not None:
        text_id(value, field=field)


def asked_flag(value: object, *, field: str) -> None:
    """Check a yes or no; the text ``"false"`` would count as yes.

    Raises:
        InvalidInput: naming ``field``.
    """
    if type(value) is not bool:
        problem = f"got {type(value).__name__}"
        raise InvalidInput(field=field, problem=problem, allowed="True or False")


def asked_one_of(value: object, kind: type[E], *, field: str) -> E | None:
    """Return the member that ``value`` is or names; None stays None.

    Raises:
        InvalidInput: naming ``field``, with every member.
    """
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        shown = repr(value[:40]) if isinstance(value, str) else type(value).__name__
        listed = ", ".join(str(member.value) for member in kind)
        raise InvalidInput(field=field, problem=f"got {shown}", allowed=listed) from None


def for_operators(caller: Caller) -> Refusal | None:
    """Refuse callers who are no operators: dead letters hold what steps were given."""
    if caller.actor.role != Role.OPERATOR:
        return Refusal(code="not_permitted", reason="dead letters are for operators")
    return None


def _whole(value: object, *, field: str, least: int, most: int, allowed: str) -> None:
    if type(value) is not int:  # True is an int too, and one
        problem = f"got {type(value).__name__}"
    elif value < least:
        problem = f"is below {least}"
    elif value > most:
        problem = "is too large"
    else:
        return
    raise InvalidInput(field=field, problem=problem, allowed=f"a whole number, {allowed}")
