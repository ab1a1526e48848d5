"""Removing old records of messages from memory."""

from __future__ import annotations

from collections.abc import Iterator

from ordercore.engine.messaging import Cutoffs, Envelope, Swept
from ordercore.kernel.ids import TenantId
from ordercore_adapters.memory.tables import Tables, TenantTables

__all__ = ["MemorySweeper"]


class MemorySweeper:
    """Old events, marks and answers."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def sweep(self, cutoffs: Cutoffs, *, limit: int, tenant: TenantId | None = None) -> Swept:
        """Remove records of one tenant, oldest first."""
        with self._tables.lock:
            for each in self._tables.tenants() if tenant is None else (tenant,):
                swept = _swept(self._tables.of(each), cutoffs, limit)
                if swept.total:
                    return swept
        return Swept()


def _swept(rows: TenantTables, cutoffs: Cutoffs, limit: int) -> Swept:
    sent = rows.published
    unsent = {event.id for event in _events(rows) if event.id not in sent}
    events = [e for e in _events(rows) if e.id in sent and sent[e.id] < cutoffs.published]
    events.sort(key=lambda event: (sent[event.id], event.stream, event.seq))
    marks = [
        mark
        for mark, at in rows.inbox.items()
        if at < cutoffs.taken and unsent.isdisjoint(_named(mark[1]))
    ]
    marks.sort(key=lambda mark: (rows.inbox[mark], mark))
    answers = [k for k, kept in rows.idempotency.items() if kept.expires_at <= cutoffs.expired]
    answers.sort(key=lambda key: (rows.idempotency[key].expires_at, key))
    for event in events[:limit]:
        del rows.outbox[event.stream][event.seq], sent[event.id]
    for mark in marks[:limit]:
        del rows.inbox[mark]
    for key in answers[:limit]:
        del rows.idempotency[key]
    return Swept(events=len(events[:limit]), marks=len(marks[:limit]), answers=len(answers[:limit]))


def _named(message_id: str) -> tuple[str, str]:
    """Return the events a mark may be of: it is the id of one, or the source, a space, the id."""
    return message_id, message_id.partition(" ")[2]


def _events(rows: TenantTables) -> Iterator[Envelope]:
    return (event for stream in rows.outbox.values() for event in stream.values())
