"""What keeps a repeated request or message from having a second effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ordercore.engine.messaging import IdempotencyRecord, InboxMark
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import PaymentReference
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.executor import Executor
from ordercore_adapters.sqlalchemy.statement import Clash, Statement, insert

__all__ = ["SqlIdempotency", "SqlInbox", "claim_payments", "write_answer", "write_marks"]

_ANSWER = ("tenant", "operation", "key", "fingerprint", "response", "expires_at")
_REPLACE = (
    "ON CONFLICT (tenant, operation, key) DO UPDATE SET fingerprint = excluded.fingerprint, "
    "response = excluded.response, expires_at = excluded.expires_at "
    "WHERE idempotency.expires_at <= ? "
    "OR (idempotency.response IS NULL AND idempotency.fingerprint = excluded.fingerprint)"
)
_FIND = (
    "SELECT fingerprint, response, expires_at FROM idempotency "
    "WHERE tenant = ? AND operation = ? AND key = ?"
)
_SAME_ORDER = (
    "ON CONFLICT (tenant, kind, reference) DO UPDATE SET order_id = excluded.order_id "
    "WHERE payment_references.order_id = excluded.order_id"
)
_SEEN = "SELECT 1 FROM inbox WHERE tenant = ? AND consumer = ? AND message_id = ?"


def write_answer(record: IdempotencyRecord, now: datetime, dialect: Dialect) -> Statement:
    """Return the statement that stores an answer, unless the key has a final one."""
    row = (
        record.tenant,
        record.operation,
        record.key,
        record.fingerprint,
        record.response,
        dialect.put(record.expires_at),
    )
    clash = Clash(kind="idempotency", id=record.key)
    upsert = insert("idempotency", _ANSWER, [row], tail=_REPLACE, clash=clash)
    return Statement(sql=upsert.sql, values=(*row, dialect.put(now)), clash=clash)


def write_marks(
    marked: Sequence[InboxMark], now: datetime, dialect: Dialect
) -> tuple[Statement, ...]:
    """Return the statements that mark messages as taken in."""
    at = dialect.put(now)
    return tuple(
        insert(
            "inbox",
            ("tenant", "consumer", "message_id", "taken_at"),
            [(mark.tenant, mark.consumer, mark.message_id, at)],
            clash=Clash(kind="inbox", id=mark.message_id),
        )
        for mark in marked
    )


def claim_payments(tenant: TenantId, payments: Sequence[PaymentReference]) -> tuple[Statement, ...]:
    """Return the statements that give payments to their orders, or find that another has one.

    Raises:
        ConcurrencyConflict: two of them give one payment to two orders.
    """
    pays: dict[tuple[str, str], OrderId] = {}
    for each in payments:
        if pays.setdefault((each.kind, each.reference), each.order_id) != each.order_id:
            raise Clash(kind="payment", id=each.reference).error()
    return tuple(
        insert(
            "payment_references",
            ("tenant", "kind", "reference", "order_id"),
            [(tenant, kind, reference, order_id)],
            tail=_SAME_ORDER,
            clash=Clash(kind="payment", id=reference),
        )
        for (kind, reference), order_id in pays.items()
    )


class SqlIdempotency:
    """Answers given, by operation and key."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def get(self, tenant: TenantId, operation: str, key: str) -> IdempotencyRecord | None:
        """Return the record, expired or not."""
        wanted = Statement(sql=_FIND, values=(tenant, operation, key))
        answer = await self._executor.run(tenant, wanted)
        if not answer.rows:
            return None
        fingerprint, response, expires_at = answer.rows[0]
        return IdempotencyRecord(
            tenant=tenant,
            operation=operation,
            key=key,
            fingerprint=fingerprint,
            response=response,
            expires_at=self._executor.dialect.get(expires_at),
        )


class SqlInbox:
    """Messages taken in, by consumer."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def seen(self, tenant: TenantId, consumer: str, message_id: str) -> bool:
        """Return whether the consumer has taken this message in."""
        wanted = Statement(sql=_SEEN, values=(tenant, consumer, message_id))
        return bool((await self._executor.run(tenant, wanted)).rows)
