"""Fresh ids and random draws from the operating system's entropy.

Ids are UUIDs of version 7: they begin with the time, so that rows lie on disk in the order in which
they were made.
"""

from __future__ import annotations

import sys
from random import SystemRandom
from threading import Lock

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid6 import uuid7

__all__ = ["SystemIds"]


class SystemIds:
    """Gives ids that sort by age within one process, and draws for jitter."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._random = SystemRandom()

    def new(self) -> str:
        """Return a new UUIDv7 in its usual 36 characters."""
        with self._lock:  # generators keep the last time they saw, and not all of them lock
            return str(uuid7())

    def draw(self) -> int:
        """Return a random whole number from 0 to 999."""
        return self._random.randrange(1000)
