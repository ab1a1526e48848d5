"""Surroundings that a test holds in its hand: a clock that stands still, ids that count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, cycle

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.time import instant

__all__ = ["CountingIds", "ManualClock", "START"]

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""Where fake time begins unless a test says otherwise: a Monday, at noon."""


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = START) -> None:
        self._now = instant(start, field="start")

    def now(self) -> datetime:
        """Return where the clock stands."""
        return self._now

    def advance(
        self, by: timedelta | None = None, *, days: int = 0, hours: int = 0, seconds: int = 0
    ) -> datetime:
        """Move the clock forward and return where it then stands.

        Raises:
            InvalidInput: the clock would go back; use `set` for a clock that does.
        """
        step = (by or timedelta()) + timedelta(days=days, hours=hours, seconds=seconds)
        if step < timedelta():
            raise InvalidInput(field="by", problem="is negative", allowed="a step forward")
        self._now += step
        return self._now

    def set(self, at: datetime) -> None:
        """Put the clock to an instant, earlier ones included: real clocks are put back as well."""
        self._now = instant(at)


class CountingIds:
    """Ids that count up and sort in that order, and draws from a given list, over and over."""

    def __init__(self, prefix: str = "id", *, draws: tuple[int, ...] = (0,)) -> None:
        self._prefix = prefix
        self._numbers = count(1)
        self._draws = cycle(draws)

    def new(self) -> str:
        """Return the next id, such as ``id-00000001``."""
        return f"{self._prefix}-{next(self._numbers):08d}"

    def draw(self) -> int:
        """Return the next draw of the list."""
        return next(self._draws)
