"""What time it is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """The only source of time; virtual in tests and simulations."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        ...
