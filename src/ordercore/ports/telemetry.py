"""Telling operators how things go: one event for each use case and each outside call.

Telemetry looks on and never takes part. What is told is made of names, codes, ids and times; no
text of an exception, of a refusal or of a provider is in it, since such a text may hold secrets.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from attrs import field, frozen

from ordercore.kernel.ids import OrderId, TenantId

__all__ = [
    "NoTelemetry",
    "OTHER_CODE",
    "TelemetryPort",
    "TraceError",
    "TraceErrorKind",
    "TraceEvent",
    "TraceName",
    "TraceOutcome",
]

OTHER_CODE: Final = "other"
"""What is told instead of a code that is no plain name."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


class TraceName(StrEnum):
    """What was going on."""

    USER_LOGIN = "user_login"
    ORDER_CREATION = "order_creation"
    PAYMENT_PROCESSING = "payment_processing"
    ORDER_FULFILLMENT = "order_fulfillment"
    DATA_LOOKUP = "data_lookup"


class TraceOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    FAILED = "failed"


class TraceErrorKind(StrEnum):
    """What sort of failure it was.

    ``refusal``: a rule said no, or the other side did, for good. ``no_effect``: an outside call did
    not work and may be repeated. ``unknown``: nobody knows whether an outside call had its effect.
    ``fault``: an error of this library. ``unexpected``: any other exception. ``interrupted``: it
    was stopped from outside, such as a request whose client went away.
    """

    REFUSAL = "refusal"
    NO_EFFECT = "no_effect"
    UNKNOWN = "unknown"
    FAULT = "fault"
    UNEXPECTED = "unexpected"
    INTERRUPTED = "interrupted"


def _plain(code: object) -> str:
    # Rejections name codes that a provider's adapter chose; a sentence is none.
    return code if isinstance(code, str) and _PLAIN.fullmatch(code) else OTHER_CODE


@frozen(kw_only=True)
class TraceError:
    """What failed.

    Attributes:
        kind: What sort of failure it was.
        code: The stable code of a refusal, a rejection or a fault, and the class name of any other
            exception; `OTHER_CODE` where that is no plain name of at most 64 characters.
    """

    kind: TraceErrorKind
    code: str = field(converter=_plain)


@frozen(kw_only=True)
class TraceEvent:
    """That something was done for an order, how long it took, and how it ended.

    Attributes:
        name: What was going on.
        operation: The use case, such as ``PlaceOrder``, or the step of a saga and what was asked of
            it, such as ``refund.do``. There are few of them.
        tenant: Whose order it is.
        started_at: When it began, by the clock of the ports.
        duration: How long it took by that clock; never negative.
        correlation_id: Of the request, as its caller gave it; empty for work that no request waits
            for.
        order_id: Which order, where it is known.
        error: What failed; None: it succeeded.
    """

    name: TraceName
    operation: str
    tenant: TenantId
    started_at: datetime
    duration: timedelta
    correlation_id: str = ""
    order_id: OrderId | None = None
    error: TraceError | None = None

    @property
    def outcome(self) -> TraceOutcome:
        """Say whether it succeeded."""
        return TraceOutcome.SUCCESS if self.error is None else TraceOutcome.FAILED


class TelemetryPort(Protocol):
    """Takes trace events. It is called in the middle of work, so it must be quick.

    It neither blocks nor suspends (what has to be sent is put aside for a thread of its own), may
    be called by several threads at once, and never raises. Whatever it raises all the same is
    dropped with the event: no order fails because nobody could watch it.
    """

    def emit(self, event: TraceEvent) -> None:
        """Take one event; it is told once, after what it is about has ended."""
        ...


class NoTelemetry:
    """Nobody looks on."""

    def emit(self, event: TraceEvent) -> None:
        """Drop it."""
