"""What the answer of an address book means: a person and an address, nothing, or no sense."""

from __future__ import annotations

import json
from typing import Any, Final

from ordercore.domain.orders import Recipient
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.errors import InvalidInput
from ordercore.ports import (
    LookedUp,
    LookupTimedOut,
    LookupUnreachable,
    NothingFound,
    RecipientLookup,
)

__all__ = ["LONGEST", "TOO_LONG", "told_by"]

LONGEST: Final = 64 * 1024
"""No address is longer; more than this is not read."""

TOO_LONG: Final = LookupUnreachable(code="answer_too_long")
_UNREADABLE: Final = LookupUnreachable(code="answer_unreadable")
_OK, _NOT_FOUND = 200, 404
_LATE: Final = frozenset({408, 504})


def told_by(status: int, body: bytes) -> RecipientLookup:
    """Return what an answer says; nothing of a bad one is repeated, since it may be personal."""
    if status == _NOT_FOUND:
        return NothingFound()
    if status in _LATE:
        return LookupTimedOut()
    if status != _OK:
        return LookupUnreachable(code=f"status_{status}")
    try:
        return LookedUp(_recipient(json.loads(body)))
    except (ValueError, TypeError, KeyError, RecursionError, InvalidInput):
        return _UNREADABLE


def _recipient(told: dict[str, Any]) -> Recipient:
    place = told["address"]
    lines = place["lines"]
    if not isinstance(lines, list):
        raise TypeError
    return Recipient(
        name=told["name"],
        address=PostalAddress(
            lines=tuple(lines),
            postcode=place["postcode"],
            city=place["city"],
            country=place["country"],
        ),
    )
