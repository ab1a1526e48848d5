"""A cache whose entries expire."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["CachePort"]


class CachePort(Protocol):
    """Text by key; losing an entry is harmless."""

    async def get(self, key: str, *, now: datetime) -> str | None:
        """Return the entry unless it has expired."""
        ...

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep an entry until it expires."""
        ...
