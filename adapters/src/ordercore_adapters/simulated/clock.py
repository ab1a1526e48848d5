"""A clock that moves only when told, so that nobody waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from ordercore.kernel.time import instant

__all__ = ["VirtualClock"]


class VirtualClock:
    """Stands still until it is moved, and never goes back; safe in several threads."""

    def __init__(self, start: datetime) -> None:
        """Begin at ``start``.

        Raises:
            InvalidInput: ``start`` has no offset.
        """
        self._now = instant(start, field="start")
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the instant it stands at, in UTC."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Move forward to ``at``; an instant that has passed already changes nothing."""
        with self._lock:
            self._now = max(self._now, instant(at))

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds``; a negative number changes nothing."""
        with self._lock:
            self._now += timedelta(seconds=max(seconds, 0))
