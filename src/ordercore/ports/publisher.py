"""Sending events out."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from ordercore.engine.messaging import Envelope

__all__ = ["Outgoing", "PublisherPort"]


@frozen(kw_only=True)
class Outgoing:
    """An event with where it goes.

    Attributes:
        topic: Name of the topic; the key is the stream.
        consumers: Whom the routing matrix names for it.
    """

    envelope: Envelope
    topic: str
    consumers: tuple[str, ...]


class PublisherPort(Protocol):
    """Publishes events of one stream in order, at least once."""

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Send events in order and return how many were acknowledged from the front.

        Sending stops at the first that fails, so order within a stream is kept.
        """
        ...
