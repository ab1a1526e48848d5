"""What somebody else says about an order, and what of it cannot be true together.

Evidence is data, not a request: it is never refused. An `Observation` is a state with a time, a
`Claim` is the state that the source says the order is in now. Both keep the name and the words of
their source, so that a `Contradiction` can say what contradicts what in words its reader can find.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from ordercore.kernel.time import Instant, format_instant, instant

__all__ = ["Claim", "Contradiction", "ContradictionCode", "Observation", "ObservationKind"]


class ObservationKind(StrEnum):
    """What a time stands for."""

    REACHED = "reached"
    """The order came into the state at that time."""
    PROMISED = "promised"
    """The order was to be in the state by that time."""


@frozen(kw_only=True)
class Observation:
    """A state with the time that somebody gives for it.

    Attributes:
        state: A state of the lifecycle.
        at: When it was reached, or by when it was promised.
        source: Where this is said, such as the name of a column.
        kind: Whether it happened or was promised.
    """

    state: str
    at: Instant = field(converter=instant)
    source: str
    kind: ObservationKind = field(default=ObservationKind.REACHED, converter=ObservationKind)

    def __str__(self) -> str:
        """Return it in one line, as a contradiction quotes it."""
        at = format_instant(self.at).replace(".000000", "")
        return f"{self.source} = {at} ({self.kind} {self.state})"


@frozen(kw_only=True)
class Claim:
    """The state that the source says an order is in.

    Attributes:
        state: A state of the lifecycle; the order ends in it whatever the times say.
        source: Where this is said, such as the name of a column.
        said: The word used there.
    """

    state: str
    source: str
    said: str

    def __str__(self) -> str:
        """Return it in one line, as a contradiction quotes it."""
        return f"{self.source} = {self.said} (is {self.state})"


class ContradictionCode(StrEnum):
    """Every way in which evidence can be at odds."""

    OUT_OF_ORDER = "out_of_order"
    """A later state has an earlier time than a state that must come before it."""
    TWO_TIMES = "two_times"
    """A state that is entered only once has two times."""
    EXCLUSIVE = "exclusive"
    """Two states that no order passes both."""
    BEYOND_STATUS = "beyond_status"
    """A state was reached from which the claimed one cannot follow."""
    NO_TIME = "no_time"
    """A state that must have been passed, and would have been seen, has no time."""
    PROMISED_TOO_EARLY = "promised_too_early"
    """Something was promised for a time before the order existed."""
    NO_WAY = "no_way"
    """The lifecycle has no way from one state to the other that its guards let through."""


@frozen(kw_only=True)
class Contradiction:
    """Two things about an order that cannot both be true.

    Attributes:
        code: Which kind it is.
        what: The one thing, as its source says it.
        against: The other.
    """

    code: ContradictionCode
    what: str
    against: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.code}: {self.what} against {self.against}"
