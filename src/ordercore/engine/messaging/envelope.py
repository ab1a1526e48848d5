"""The event envelope: what is published for each thing that happened.

An envelope is a CloudEvents 1.0 event in all but spelling. Its id is derived from the stream and
the position in it, so publishing twice can never make two events; consumers deduplicate by
``source`` and ``id``. The body is JSON text, fixed when the event is recorded.
"""

from __future__ import annotations

import json
from datetime import datetime

from attrs import frozen

from ordercore.kernel.ids import EventId, TenantId
from ordercore.kernel.time import format_instant

__all__ = ["Envelope", "as_cloudevent", "event_id"]


@frozen(kw_only=True)
class Envelope:
    """One event on its way out.

    Attributes:
        type: Event type such as ``order.submitted``.
        stream: Order id; events of one stream are published in order of ``seq``.
        seq: Position in the stream; gaps are normal (not every recorded event is published).
        correlation_id: The request that led to it.
        data: The body as JSON text.
        causation_id: The event it follows from, recorded at the same moment; empty where it is
            itself what others follow from.
    """

    id: EventId
    type: str
    tenant: TenantId
    stream: str
    seq: int
    at: datetime
    correlation_id: str
    data: str
    causation_id: str = ""


def event_id(stream: str, seq: int) -> EventId:
    """Return the id of the event at a position of a stream."""
    return EventId(f"{stream}.{seq}")


def as_cloudevent(envelope: Envelope, *, source: str = "/ordercore") -> dict[str, object]:
    """Return the envelope in the CloudEvents 1.0 structured JSON form.

    Args:
        envelope: The event.
        source: URI reference of the publishing service; part of the deduplication key.
    """
    known = {"correlationid": envelope.correlation_id, "causationid": envelope.causation_id}
    return {
        "specversion": "1.0",
        "id": envelope.id,
        "source": source,
        "type": envelope.type,
        "subject": envelope.stream,
        "time": format_instant(envelope.at),
        "datacontenttype": "application/json",
        "partitionkey": envelope.stream,
        "sequence": f"{envelope.seq:010d}",
        "tenantid": envelope.tenant,
        # An attribute is left out rather than sent empty.
        **{name: value for name, value in known.items() if value},
        "data": json.loads(envelope.data),
    }
