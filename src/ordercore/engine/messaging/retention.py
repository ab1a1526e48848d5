"""How long records of messages are kept after their work is done, and which of them may go.

The outbox keeps an event for a while after it was published, so that a subscriber of a feed can
read on; the inbox keeps a mark for as long as a repeat of its message may still arrive. Either
period lies within 7 and 30 days (rule R4 of retail orders): a week outlasts the broker's own memory
in its usual setting, and beyond a month nobody sends again. Answers under idempotency keys say
themselves when they expire. The audit trail is no record of messages and is never swept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import Attribute, field, frozen

from ordercore.kernel.errors import InvalidInput

__all__ = ["Cutoffs", "LONGEST_KEPT", "Retention", "SHORTEST_KEPT", "Swept"]

SHORTEST_KEPT = timedelta(days=7)
LONGEST_KEPT = timedelta(days=30)


def _within(_made: object, attribute: Attribute[Any], value: object) -> None:
    allowed = f"a timedelta of {SHORTEST_KEPT.days} to {LONGEST_KEPT.days} days"
    if not isinstance(value, timedelta):
        raise InvalidInput(
            field=attribute.name, problem=f"got {type(value).__name__}", allowed=allowed
        )
    if not SHORTEST_KEPT <= value <= LONGEST_KEPT:
        raise InvalidInput(field=attribute.name, problem=f"is {value}", allowed=allowed)


@frozen(kw_only=True)
class Cutoffs:
    """Instants that tell which records may go.

    Attributes:
        published: Events that were published before.
        taken: Marks of messages that were taken in before.
        expired: Answers that expire then or before.
    """

    published: datetime
    taken: datetime
    expired: datetime


@frozen(kw_only=True)
class Retention:
    """How long records are kept; 7 to 30 days each.

    Attributes:
        events: An event, from its publication on: so far back a subscriber can read an order's
            feed.
        marks: The mark of a message, from when it was taken in: so late a repeat is still known
            for one. Not shorter than the broker keeps messages.

    Raises:
        InvalidInput: a period outside 7 to 30 days.
    """

    events: timedelta = field(default=SHORTEST_KEPT, validator=_within)
    marks: timedelta = field(default=LONGEST_KEPT, validator=_within)

    def cutoffs(self, now: datetime) -> Cutoffs:
        """Return what may go at the instant ``now``."""
        return Cutoffs(published=now - self.events, taken=now - self.marks, expired=now)


@frozen(kw_only=True)
class Swept:
    """How many records were removed: events, marks of messages, answers under keys."""

    events: int = 0
    marks: int = 0
    answers: int = 0

    @property
    def total(self) -> int:
        """All of them; 0 when there was nothing to remove."""
        return self.events + self.marks + self.answers

    def and_also(self, more: Swept) -> Swept:
        """Return the sum of both, kind by kind."""
        return Swept(
            events=self.events + more.events,
            marks=self.marks + more.marks,
            answers=self.answers + more.answers,
        )
