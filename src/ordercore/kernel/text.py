"""Text from outside that is kept for people to read: reasons, notes, messages of providers."""

from __future__ import annotations

from typing import Final

__all__ = ["LONGEST_NOTE", "readable"]

LONGEST_NOTE: Final = 2000
"""Characters kept of a note."""

_KEPT = frozenset("\n\t")
_REPLACEMENT = "\ufffd"


def readable(text: str) -> str:
    """Return ``text`` as it can be stored anywhere and shown to anybody.

    What has no printable form (NUL, control characters, lone surrogates) becomes the replacement
    character: a database may refuse a whole batch for one of them. Longer texts are cut.

    >>> readable("no\\x00room")
    'no\ufffdroom'
    """
    if len(text) <= LONGEST_NOTE and text.isprintable():
        return text
    kept = (c if c.isprintable() or c in _KEPT else _REPLACEMENT for c in text[:LONGEST_NOTE])
    return "".join(kept)
