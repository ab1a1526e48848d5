"""Typed ids and the derived keys that make outside calls repeatable.

Ids are plain strings with a type of their own, so that an order id cannot be passed where a tenant
is wanted. New ids come from the `ordercore.ports.ids.Ids` port; nothing here draws one. Keys for
outside calls are *derived*, so that a retry after a crash carries the key of the first attempt.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NewType

from ordercore.kernel.errors import InvalidInput

__all__ = [
    "ActorId",
    "EventId",
    "ItemId",
    "OrderId",
    "SagaId",
    "TenantId",
    "derive_key",
    "personal_text",
    "text_id",
]

TenantId = NewType("TenantId", str)
OrderId = NewType("OrderId", str)
ItemId = NewType("ItemId", str)
SagaId = NewType("SagaId", str)
EventId = NewType("EventId", str)
ActorId = NewType("ActorId", str)

_MAX_LENGTH = 200


def text_id(value: object, *, field: str) -> str:
    """Return ``value`` if it can serve as an id or reference: printable text, 1 to 200 characters.

    Raises:
        InvalidInput: naming ``field``, when it is anything else.
    """
    if not isinstance(value, str):
        raise InvalidInput(
            field=field, problem=f"got {type(value).__name__}", allowed="text, 1 to 200 characters"
        )
    if not value.strip() or len(value) > _MAX_LENGTH or not value.isprintable():
        raise InvalidInput(
            field=field,
            problem=f"{value[:40]!r} is empty, too long or not printable",
            allowed="printable text, 1 to 200 characters",
        )
    return value


def personal_text(value: object, *, field: str) -> str:
    """Return ``value`` as `text_id` does; the fault says nothing of what was given but its type.

    For what is personal: faults end up in logs and answers.

    Raises:
        InvalidInput: naming ``field``, when it cannot be used.
    """
    try:
        return text_id(value, field=field)
    except InvalidInput as refused:
        unusable = "is empty, too long or not printable"
        problem = unusable if isinstance(value, str) else refused.problem
        raise InvalidInput(field=field, problem=problem, allowed=refused.allowed) from None


def derive_key(*parts: str) -> str:
    """Return a stable key for one effect, the same for every retry of it.

    The parts are length-prefixed before hashing, so ``("a", "bc")`` and ``("ab", "c")`` differ.

    >>> derive_key("saga-1", "item-2", "provision", "do") == derive_key(
    ...     "saga-1", "item-2", "provision", "do"
    ... )
    True
    """
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(joined.encode()).hexdigest()[:40]
