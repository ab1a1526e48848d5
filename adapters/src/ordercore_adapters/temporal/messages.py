"""What the parts of this adapter tell each other through the Temporal server.

None of it is secret or personal: ids, numbers of attempts, instants. Names and shapes are part of
recorded histories, which must stay readable: a field is only ever added, and with a default.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from ordercore.kernel.ids import SagaId, TenantId

__all__ = ["CallWanted", "LOAD_SAGA", "MAKE_CALL", "PROGRESS", "REFRESH", "REPORT", "Report", "Run"]

LOAD_SAGA = "ordercore.load-saga"
MAKE_CALL = "ordercore.make-call"
"""Names of the activities."""

REFRESH = "refresh"
REPORT = "report"
"""Names of the signals: the stored saga has changed; a provider has something to tell."""

PROGRESS = "progress"
"""Name of the query: the saga as the workflow knows it."""


@frozen(kw_only=True)
class Run:
    """Which saga a workflow drives.

    Attributes:
        call_timeout_s: A call that has not ended after so many seconds is made again.
        heartbeat_s: A worker that has said nothing for so many seconds is taken for dead.
    """

    tenant: TenantId
    saga_id: SagaId
    call_timeout_s: int = 60
    heartbeat_s: int = 10


@frozen(kw_only=True)
class CallWanted:
    """One call that a saga wants made; see `ordercore.app.MakeCall`."""

    tenant: TenantId
    saga_id: SagaId
    branch: str
    step: str
    attempt: int
    wanted_at: datetime


@frozen(kw_only=True)
class Report:
    """A provider says that an attempt has come to an end.

    It does not carry the outcome, which may hold credentials: the outcome is looked up at once and
    sealed where it arrives. A report about anything but the current attempt is ignored.

    Attributes:
        key: The key of the request to the provider.
        attempt: The attempt of that request.
    """

    key: str
    attempt: int
