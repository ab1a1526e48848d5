"""Stored documents back to values; one that cannot be read is named, so that it can be found."""

from __future__ import annotations

from typing import TypeVar

from ordercore.codec.converter import decode
from ordercore.kernel.errors import InvalidInput, UnreadableRecord

__all__ = ["decode_stored"]

T = TypeVar("T")


def decode_stored(kind: type[T], text: str, *, name: str, id: str) -> T:
    """Return the value that a stored document holds.

    Args:
        kind: What it must be.
        text: The document.
        name: What people call it, such as ``order``.
        id: What it is stored under.

    Raises:
        UnreadableRecord: it is damaged, or was written by a newer release.
    """
    try:
        return decode(kind, text)
    except InvalidInput as broken:
        # To `decode` every document comes from a caller; this one comes from our own store.
        raise UnreadableRecord(kind=name, id=id, problem=str(broken)) from None
