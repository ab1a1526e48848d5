"""How often an outcome that is still open is asked for: quickly at first, then ever less often.

The wait is computed from the number of look-ups made so far and from nothing else, in whole
seconds, so a worker that takes over after a crash waits exactly as its predecessor would have.
"""

from __future__ import annotations

from attrs import frozen

from ordercore.kernel.errors import DefinitionError

__all__ = ["EVERY_5_S", "Polling"]

_SAME = 100


@frozen(kw_only=True)
class Polling:
    """Waits between look-ups.

    Attributes:
        first_s: Seconds before the first look-up.
        growth_percent: Each wait in percent of the one before, rounded up to whole seconds; 100
            keeps it the same.
        longest_s: No wait is longer than this; None: the first is the longest, so none grows.

    Raises:
        DefinitionError: on construction, when a wait would be 0 or become shorter.
    """

    first_s: int
    growth_percent: int = _SAME
    longest_s: int | None = None

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.first_s <= 0:
            problems.append("the first wait is above 0")
        if self.growth_percent < _SAME:
            problems.append("waits do not become shorter")
        if self.longest_s is not None and self.longest_s < self.first_s:
            problems.append("the longest wait is not below the first")
        if self.growth_percent > _SAME and self.longest_s is None:
            problems.append("waits that grow need a longest one")
        if problems:
            raise DefinitionError(name="polling", problems=tuple(problems))

    def wait_s(self, looks: int) -> int:
        """Return how many seconds to wait after ``looks`` look-ups that found nothing new.

        >>> [Polling(first_s=10, growth_percent=150, longest_s=30).wait_s(n) for n in range(5)]
        [10, 15, 23, 30, 30]
        """
        wait, longest = self.first_s, self.longest_s or self.first_s
        while looks > 0 and wait < longest:
            wait = min(longest, -(-wait * self.growth_percent // _SAME))
            looks -= 1
        return wait


EVERY_5_S = Polling(first_s=5)
