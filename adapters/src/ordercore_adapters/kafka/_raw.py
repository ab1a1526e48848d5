"""What the client says of a message, in the types that we work with."""

from __future__ import annotations

from confluent_kafka import Message as RawMessage

__all__ = ["content", "headers", "place"]


def place(message: RawMessage) -> tuple[str, int]:
    """Return the topic and partition it came from."""
    topic, partition = message.topic(), message.partition()
    assert topic is not None
    assert partition is not None
    return topic, partition


def headers(message: RawMessage) -> list[tuple[str, bytes | None]]:
    """Return its headers in order; a name may come twice."""
    found = message.headers() or []
    pairs = found.items() if isinstance(found, dict) else found
    return [(name, content(raw)) for name, raw in pairs]


def content(value: str | bytes | None) -> bytes | None:
    """Return a key, a value or the text of a header as bytes."""
    return value.encode() if isinstance(value, str) else value
