"""Stored documents back to values; one that cannot be read is named, so that it can be found."""

from __future__ import annotations

from typing import TypeVar

from ordercore.codec import decode
from ordercore.kernel.errors import InvalidInput, UnreadableRecord

__all__ = ["read_document"]

T = TypeVar("T")


def read_document(kind: type[T], body: str, *, name: str, id: str) -> T:
    """Return the value that a row's document holds.

    Args:
        kind: What it must be.
        body: The document.
        name: What people call it, such as ``order``.
        id: The row's id.

    Raises:
        UnreadableRecord: it is damaged, or was written by a newer release.
    """
    try:
        return decode(kind, body)
    except InvalidInput as broken:
        # To the codec every document comes from a caller; this one comes from our own table.
        raise UnreadableRecord(kind=name, id=id, problem=str(broken)) from None
