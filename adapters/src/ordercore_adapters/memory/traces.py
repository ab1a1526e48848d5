"""Trace events kept in a list, for tests and first steps."""

from __future__ import annotations

from ordercore.ports import TraceEvent, TraceName

__all__ = ["CollectedTraces"]


class CollectedTraces:
    """Keeps trace events instead of sending them anywhere; it only grows.

    Attributes:
        events: Everything that was told, in order.
    """

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []

    def emit(self, event: TraceEvent) -> None:
        """Keep it."""
        self.events.append(event)

    def named(self, name: TraceName) -> list[TraceEvent]:
        """Return the events of one name, in order."""
        return [event for event in self.events if event.name is name]
