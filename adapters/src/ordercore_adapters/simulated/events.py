"""A broker that receives events, and keeps them as they arrived.

It may fail in the middle of a batch, take an event without saying so, or take one twice; what it
never does is take two events of a stream in the wrong order, because sending stops at the first
that is not acknowledged.
"""

from __future__ import annotations

import json
from pathlib import Path

from ordercore.engine.messaging import as_cloudevent
from ordercore.kernel.time import format_instant
from ordercore.ports import Clock, Outgoing
from ordercore_adapters.simulated._calls import LOST
from ordercore_adapters.simulated.books import Books, note_call, number_of_call
from ordercore_adapters.simulated.faults import FAULT_FREE, Fate, FaultPlan

__all__ = ["SimulatedEvents"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    consumers TEXT NOT NULL,
    at TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_stream ON events (tenant, stream, position);
CREATE VIEW IF NOT EXISTS distinct_events AS
    SELECT tenant, id, min(position) AS position, count(*) AS times FROM events GROUP BY tenant, id
"""
_FAILED = frozenset({Fate.TRANSIENT, Fate.STUBBORN, Fate.REJECTED, Fate.LOST_UNDONE})


class SimulatedEvents:
    """A `PublisherPort` that never suspends, with a file of its own.

    Attributes:
        books: What really arrived, as often as it arrived; ``distinct_events`` is what a consumer
            that deduplicates by id makes of it.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _SCHEMA)
        self._faults = faults
        self._clock = clock

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Take events in order and return how many were acknowledged from the front."""
        acknowledged = 0
        with self.books.transaction() as db:
            for event in events:
                id_, tenant = event.envelope.id, event.envelope.tenant
                attempt = number_of_call(db, tenant, "publish", id_)
                fate = self._faults.fate("publish", f"{tenant}/{id_}", attempt)
                at = self._clock.now()
                note_call(db, tenant, "publish", id_, attempt, at=at, answer=fate)
                if fate in _FAILED:
                    break
                row = _row(event, format_instant(at))
                for _ in range(2 if fate is Fate.DUPLICATED else 1):
                    db.execute(
                        "INSERT INTO events (tenant, id, topic, stream, seq, type, consumers, at, "
                        "event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        row,
                    )
                if fate in LOST:
                    break
                acknowledged += 1
        return acknowledged

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()


def _row(event: Outgoing, at: str) -> tuple[object, ...]:
    envelope = event.envelope
    return (
        envelope.tenant,
        envelope.id,
        event.topic,
        envelope.stream,
        envelope.seq,
        envelope.type,
        " ".join(event.consumers),
        at,
        json.dumps(as_cloudevent(envelope), sort_keys=True),
    )
