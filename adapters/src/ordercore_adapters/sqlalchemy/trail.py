"""Audit records and outgoing events: the same events seen twice, both only ever added to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import Envelope
from ordercore.kernel.ids import EventId, OrderId, TenantId
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Clash, Row, Statement, insert, marks

__all__ = ["SqlAudit", "SqlOutbox", "mark_published", "write_audit", "write_outbox"]

_AUDIT = (
    "tenant",
    "order_id",
    "seq",
    "id",
    "at",
    "actor",
    "correlation_id",
    "kind",
    "trigger",
    "source",
    "dest",
    "reason",
    "data",
    "personal",
    "salt",
    "personal_digest",
    "previous",
    "digest",
)
_record_values = attrgetter(*_AUDIT)
_HISTORY = (
    f"SELECT {', '.join(_AUDIT)} FROM audit_records "
    "WHERE tenant = ? AND order_id = ? AND seq > ? ORDER BY seq"
)
_OUTBOX = (
    "tenant",
    "stream",
    "seq",
    "id",
    "type",
    "at",
    "correlation_id",
    "causation_id",
    "data",
)
_envelope_values = attrgetter(*_OUTBOX)
_STREAM = f"SELECT {', '.join(_OUTBOX)} FROM outbox WHERE tenant = ? AND stream = ?"

_PUBLISHED = "UPDATE outbox SET published_at = ? WHERE tenant = ? AND stream = ?"


def write_audit(records: Sequence[AuditRecord], dialect: Dialect) -> Statement:
    """Return the statement that adds records; a place that is taken is a conflict."""
    first = records[0]
    rows = (dialect.put_all(_record_values(record)) for record in records)
    clash = Clash(kind="order", id=first.order_id, expected=first.seq - 1)
    return insert("audit_records", _AUDIT, rows, clash=clash)


def write_outbox(envelopes: Sequence[Envelope], dialect: Dialect) -> Statement:
    """Return the statement that adds outgoing events."""
    first = envelopes[0]
    rows = (dialect.put_all(_envelope_values(envelope)) for envelope in envelopes)
    clash = Clash(kind="order", id=first.stream, expected=first.seq - 1)
    return insert("outbox", _OUTBOX, rows, clash=clash)


def mark_published(
    tenant: TenantId, ids: Iterable[EventId], at: datetime, dialect: Dialect
) -> Iterator[Statement]:
    """Return the statements that mark events as sent: one per stream, unknown ids left out.

    The id of an event says where it is, so no index is kept to find it by.
    """
    places = dict[str, list[int]]()
    for event in ids:
        stream, _, seq = event.rpartition(".")
        if seq.isdecimal():
            places.setdefault(stream, []).append(int(seq))
    for stream, seqs in places.items():
        yield Statement(
            sql=f"{_PUBLISHED} AND seq IN {marks(len(seqs))}",
            values=(dialect.put(at), tenant, stream, *seqs),
        )


class SqlAudit:
    """The audit trail of one tenant."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def history(
        self, tenant: TenantId, order_id: OrderId, *, after: int = 0
    ) -> tuple[AuditRecord, ...]:
        """Return the order's records above ``after``, in order."""
        wanted = Statement(sql=_HISTORY, values=(tenant, order_id, after))
        answer = await self._executor.run(tenant, wanted)
        return tuple(self._record(row) for row in answer.rows)

    def _record(self, row: Row) -> AuditRecord:
        values = dict(zip(_AUDIT, row, strict=True))
        values["at"] = self._executor.dialect.get(values["at"])
        return AuditRecord(**values)


class SqlOutbox:
    """Events of one tenant, sent and unsent."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def pending(
        self, tenant: TenantId, stream: str, *, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the unsent events of a stream, in order."""
        sql = f"{_STREAM} AND published_at IS NULL ORDER BY seq LIMIT ?"
        return await self._events(tenant, Statement(sql=sql, values=(tenant, stream, limit)))

    async def feed(
        self, tenant: TenantId, stream: str, *, after: int = 0, limit: int = 100
    ) -> tuple[Envelope, ...]:
        """Return the events of a stream above ``after``, in order."""
        sql = f"{_STREAM} AND seq > ? ORDER BY seq LIMIT ?"
        return await self._events(tenant, Statement(sql=sql, values=(tenant, stream, after, limit)))

    async def _events(self, tenant: TenantId, statement: Statement) -> tuple[Envelope, ...]:
        answer = await self._executor.run(tenant, statement)
        return tuple(self._envelope(row) for row in answer.rows)

    def _envelope(self, row: Row) -> Envelope:
        values = dict(zip(_OUTBOX, row, strict=True))
        values["at"] = self._executor.dialect.get(values["at"])
        return Envelope(**values)
