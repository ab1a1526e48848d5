"""Work that was given up and waits for an operator, with all that is needed to act."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from ordercore.kernel.ids import OrderId, SagaId, TenantId, derive_key

__all__ = ["DeadLetter", "DeadLetterStatus", "dead_letter_id"]


class DeadLetterStatus(StrEnum):
    """Open letters want attention; the other two are kept as history."""

    OPEN = "open"
    RETRIED = "retried"
    RESOLVED = "resolved"


@frozen(kw_only=True)
class DeadLetter:
    """One parked step.

    Attributes:
        branch: Item id, or ``order``.
        forward: False when it was an undo that failed.
        code: Machine-readable cause.
        attempts: Calls made before giving up.
        payload: What the step was given and remembered, as JSON text, never a secret.
        note: What the operator wrote when retrying or resolving.
    """

    id: str
    tenant: TenantId
    order_id: OrderId
    saga_id: SagaId
    branch: str
    step: str
    forward: bool
    code: str
    reason: str
    attempts: int
    payload: str
    at: datetime
    status: DeadLetterStatus = DeadLetterStatus.OPEN
    note: str = ""
    closed_at: datetime | None = None


def dead_letter_id(saga_id: str, branch: str, step: str, attempt: int) -> str:
    """Return the id of the letter filed when this attempt was the last."""
    return derive_key(saga_id, branch, step, str(attempt))[:16]
