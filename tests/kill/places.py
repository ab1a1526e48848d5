"""Where processes come to in a kind of campaign, and where of these they are killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import field, frozen

from ordercore.engine.messaging import WorkKind
from tests.kill.boundaries import DURING_A_WRITE, UNDER_A_LOCK, Plan

PLACES = ("within", "at the end of", "after", "before")
SELDOM = frozenset(
    f"{place} release of {kind}" for place in ("before", "after") for kind in WorkKind
)
"""A worker that finds nothing to do, or was too late; for the most part only among several."""


@frozen(kw_only=True)
class Places:
    """All boundaries of a kind of campaign.

    Attributes:
        writes: Every transaction there is, by what it writes.
        calls: Every other call that may have an effect.
        few: Where processes are killed when there is no time for all.
        in_vain: What is reached and has no effect there.
        often: The transactions that every process comes to more than once, where not all are.
        led_to: What is reached only once somebody has died elsewhere, with where that is.
    """

    writes: tuple[str, ...]
    calls: tuple[str, ...]
    few: tuple[str, ...]
    in_vain: frozenset[str]
    often: tuple[str, ...] = ()
    led_to: Mapping[str, str] = field(factory=dict)

    @property
    def of_writes(self) -> list[str]:
        """Around and within each transaction."""
        return [f"{place} {write}" for place in PLACES for write in self.writes]

    @property
    def all(self) -> tuple[str, ...]:
        """Every boundary."""
        of_calls = [f"{place} {call}" for place in ("before", "after") for call in self.calls]
        return (*self.of_writes, *of_calls, DURING_A_WRITE, UNDER_A_LOCK)

    def plans(self, kills: int) -> tuple[list[Plan], int]:
        """Return where processes are to die, and how many more die at any moment."""
        if kills < len(self.all):
            plans = [Plan(boundary=each) for each in self.few]
            return plans, max(1, kills - len(plans))
        plans = [self._plan(each) for each in self.all]
        again = (kills - len(plans)) // 2
        often = [f"{place} {write}" for place in PLACES for write in self.often or self.writes]
        # Not only the first time: further statements of a transaction, further items of an order.
        plans += [self._plan(often[at % len(often)], nth=2 + at % 3) for at in range(again)]
        return plans, kills - len(plans)

    def _plan(self, boundary: str, nth: int = 1) -> Plan:
        firsts = [first for what, first in self.led_to.items() if boundary.endswith(what)]
        return Plan(boundary=boundary, nth=1 if firsts else nth, first="".join(firsts))

    def unknown(self, reached: set[str]) -> set[str]:
        """Return the boundaries that are missing here."""
        return reached - set(self.all) - SELDOM - self.in_vain


def table(fallen: Counter[str]) -> str:
    """Return how many processes died at each boundary, for people."""
    rows = (f"{times:5}  {boundary}" for boundary, times in sorted(fallen.items()))
    return "\n".join((*rows, f"{fallen.total():5}  killed in all"))
