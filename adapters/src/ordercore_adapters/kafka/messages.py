"""CloudEvents 1.0 in the binary mode of the Kafka binding: attributes as headers, data as value.

The key is the stream (the order id), so the events of one order share a partition and keep their
order. The data travels as the very bytes that were recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import field, frozen

from ordercore.engine.messaging import as_cloudevent
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId, text_id
from ordercore.kernel.time import parse_instant
from ordercore.ports import Outgoing

__all__ = ["Message", "Received", "received", "to_message"]

_CONTENT_TYPE = "content-type"
_PREFIX = "ce_"
_SEQUENCE = re.compile(r"[0-9]{1,18}")
_JSON = re.compile(r"(?!application/cloudevents)[^/]+/([^/]+\+)?json\s*(;.*)?", re.IGNORECASE)

_Headers = Iterable[tuple[str, bytes | None]]


@frozen(kw_only=True)
class Message:
    """What goes over the wire; key and value are hidden from repr."""

    topic: str
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: tuple[tuple[str, bytes | None], ...] = field(repr=False)


@frozen(kw_only=True)
class Received:
    """An event that came in.

    Attributes:
        source: Who published it; together with ``id`` it tells events apart.
        stream: What it is about, the order id; None when the sender does not say.
        seq: Position in the stream; None when the sender does not say, or not in 18 digits.
        causation_id: The event it follows from; empty when the sender names none.
        data: The body as JSON text, hidden from repr.
        routed_to: Consumers the sender's routing names; empty when it names none.
        attributes: Every attribute as it came.
    """

    id: str
    source: str
    type: str
    tenant: TenantId
    stream: str | None
    seq: int | None
    at: datetime | None
    correlation_id: str
    causation_id: str
    data: str = field(repr=False)
    routed_to: tuple[str, ...]
    attributes: Mapping[str, str] = field(repr=False, hash=False)

    @property
    def message_id(self) -> str:
        """The id of the inbox mark; a source has no space in it, so two events never share one."""
        return f"{self.source} {self.id}"


def to_message(event: Outgoing, *, source: str) -> Message:
    """Return the message of an event, with its consumers as extension ``routedto``."""
    attributes = as_cloudevent(event.envelope, source=source)
    del attributes["data"]
    content_type = str(attributes.pop("datacontenttype"))
    if event.consumers:
        attributes["routedto"] = " ".join(event.consumers)
    headers = [(f"{_PREFIX}{name}", str(value).encode()) for name, value in attributes.items()]
    return Message(
        topic=event.topic,
        key=event.envelope.stream.encode(),
        value=event.envelope.data.encode(),
        headers=((_CONTENT_TYPE, content_type.encode()), *headers),
    )


def received(value: bytes | None, headers: _Headers) -> Received:
    """Return the event in a message of the binary mode.

    Raises:
        InvalidInput: it is no such event, or lacks what an inbox needs: id, source, type, tenant.
    """
    attributes = _attributes(headers)
    if not _JSON.fullmatch(attributes.pop(_CONTENT_TYPE, "application/json")):
        raise InvalidInput(field=_CONTENT_TYPE, problem="is another", allowed="JSON, binary mode")
    if attributes.get("specversion") != "1.0":
        raise InvalidInput(field="specversion", problem="is missing or unknown", allowed="1.0")
    sequence = attributes.get("sequence", "")
    time = attributes.get("time")
    return Received(
        id=text_id(attributes.get("id"), field="id"),
        source=_source(attributes),
        type=text_id(attributes.get("type"), field="type"),
        tenant=TenantId(text_id(attributes.get("tenantid"), field="tenantid")),
        stream=attributes.get("subject"),
        seq=int(sequence) if _SEQUENCE.fullmatch(sequence) else None,
        at=parse_instant(time, field="time") if time is not None else None,
        correlation_id=attributes.get("correlationid", ""),
        causation_id=attributes.get("causationid", ""),
        data=_text(value, field="data"),
        routed_to=tuple(attributes.get("routedto", "").split()),
        attributes=attributes,
    )


def _attributes(headers: _Headers) -> dict[str, str]:
    """Return the attributes by name, and the content type under the name of its header."""
    found: dict[str, str] = {}
    for name, raw in headers:
        known = name.lower()
        if known == _CONTENT_TYPE or known.startswith(_PREFIX):
            found[known.removeprefix(_PREFIX)] = _text(raw, field=known)
    return found


def _source(attributes: Mapping[str, str]) -> str:
    source = text_id(attributes.get("source"), field="source")
    if " " in source:
        raise InvalidInput(field="source", problem="has a space", allowed="a URI reference")
    return source


def _text(raw: bytes | None, *, field: str) -> str:
    try:
        return (raw or b"").decode()
    except UnicodeDecodeError:
        raise InvalidInput(field=field, problem="is not UTF-8") from None
