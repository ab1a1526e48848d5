"""One line of the audit trail."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ordercore.kernel.ids import EventId, OrderId, TenantId

__all__ = ["AuditRecord"]


@frozen(kw_only=True)
class AuditRecord:
    """Who did what when to one order, and why.

    Attributes:
        seq: Position in the order's chain, from 1.
        kind: Event type, or ``saga.*`` for a step of a saga.
        trigger: Lifecycle trigger, empty when it was no transition.
        source: State before, empty when it was no transition.
        dest: State after, empty when it was no transition.
        data: The event as JSON text, without its personal part.
        personal: The personal part as JSON text, hidden from repr; None when there is none or it
            was erased.
        salt: Salt of the personal part's digest, hidden from repr; erased together with it.
        personal_digest: Stands for the personal part in the chain, empty when there is none.
        previous: Digest of the record before.
        digest: Digest of this record.
    """

    id: EventId
    tenant: TenantId
    order_id: OrderId
    seq: int
    at: datetime
    actor: str
    correlation_id: str
    kind: str
    trigger: str = ""
    source: str = ""
    dest: str = ""
    reason: str = ""
    data: str
    personal: str | None = field(default=None, repr=False)
    salt: str | None = field(default=None, repr=False)
    personal_digest: str = ""
    previous: str
    digest: str
