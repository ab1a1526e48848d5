"""Work that is due at an instant, claimed by one worker at a time.

Validations, sagas, timers, reservations and outbox streams wait in the same way: a row with a due
time, leased for a while to the worker that claimed it. The fence of the lease is raised with each
claim and checked when the worker writes, so a worker that was paused beyond its lease cannot write.
``touched`` counts requests for the work: a worker that finishes does not remove work that was
asked for again meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from ordercore.kernel.ids import TenantId

__all__ = ["Claim", "LEASE", "Release", "Work", "WorkKind"]

LEASE = timedelta(seconds=30)


class WorkKind(StrEnum):
    """What is waiting."""

    VALIDATION = "validation"
    SAGA = "saga"
    TIMER = "timer"
    STREAM = "stream"
    RESERVATION = "reservation"


@frozen(kw_only=True)
class Work:
    """A request that ``subject`` be worked on at ``due_at``; None withdraws it."""

    kind: WorkKind
    subject: str
    due_at: datetime | None


@frozen(kw_only=True)
class Claim:
    """A lease on one piece of work.

    Attributes:
        fence: Number of this lease; a write under an older one is refused.
        touched: How often the work had been asked for when it was claimed.
    """

    tenant: TenantId
    kind: WorkKind
    subject: str
    fence: int
    touched: int
    due_at: datetime


@frozen(kw_only=True)
class Release:
    """The end of a lease: due again at ``due_at``, or finished when that is None.

    If the work was touched since it was claimed, the earlier of both due times stands.
    """

    claim: Claim
    due_at: datetime | None
