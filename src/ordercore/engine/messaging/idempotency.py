"""What a repeated request gets, decided from the record of the first.

Same key and same content: the stored answer. Same key and other content: a fault. Still running: a
fault that says so. Refusals are never stored, so a request that was turned down may be corrected
and sent again under its key.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from ordercore.kernel.errors import IdempotencyInFlight, IdempotencyKeyReused
from ordercore.kernel.ids import TenantId

__all__ = ["IN_FLIGHT_FOR", "IdempotencyRecord", "KEPT_FOR", "Replay", "judge"]

KEPT_FOR = timedelta(hours=24)
IN_FLIGHT_FOR = timedelta(seconds=60)
"""How long a request may run before its mark is taken for a crashed one."""


@frozen(kw_only=True)
class IdempotencyRecord:
    """What is stored for one key, scoped to tenant and operation.

    Attributes:
        key: The caller's key, with a digest of who that is where keys are a caller's own.
        fingerprint: Digest of the request's content.
        response: The answer as JSON text; None while the request is running.
        expires_at: From then on the record counts as gone.
    """

    tenant: TenantId
    operation: str
    key: str
    fingerprint: str
    response: str | None
    expires_at: datetime


@frozen
class Replay:
    """The request was answered before; this is the stored answer as JSON text."""

    response: str


def judge(record: IdempotencyRecord | None, fingerprint: str, now: datetime) -> Replay | None:
    """Return the stored answer, or None when the request is to be carried out.

    Raises:
        IdempotencyKeyReused: the key was used with other content.
        IdempotencyInFlight: the first request is still running.
    """
    if record is None or record.expires_at <= now:
        return None
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused(operation=record.operation, key=record.key)
    if record.response is None:
        raise IdempotencyInFlight(operation=record.operation, key=record.key)
    return Replay(record.response)
