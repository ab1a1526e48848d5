"""A cache within the process.

Losing an entry is harmless, so none is worth a write to the database; and without a table there is
nothing that row-level security would have to guard. Hosts with many processes may pass one of their
own.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock

__all__ = ["ProcessCache"]


class ProcessCache:
    """Text by key until it expires; when full, what was put in first leaves first."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._lock = Lock()
        self._entries: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    async def get(self, key: str, *, now: datetime) -> str | None:
        """Return the entry unless it has expired."""
        with self._lock:
            value, expires_at = self._entries.get(key, (None, now))
        return value if expires_at > now else None

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep an entry until it expires."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (value, expires_at)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)
