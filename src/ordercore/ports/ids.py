"""New ids and random draws."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Ids"]


class Ids(Protocol):
    """The only source of chance."""

    def new(self) -> str:
        """Return an id never given before; ids made later sort after earlier ones (UUIDv7)."""
        ...

    def draw(self) -> int:
        """Return a random whole number from 0 to 999, for jitter."""
        ...
