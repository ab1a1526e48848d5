"""Who asks for something."""

from __future__ import annotations

from attrs import frozen

from ordercore.kernel.ids import ActorId

__all__ = ["Actor", "SYSTEM", "TIMER"]


@frozen
class Actor:
    """A person or a part of the system, in the role it acts in.

    Attributes:
        id: Who, for the audit trail.
        role: In which part; lifecycle tables say which roles may pull which trigger.
    """

    id: ActorId
    role: str


SYSTEM = Actor(ActorId("ordercore"), "system")
TIMER = Actor(ActorId("ordercore"), "timer")
