"""Tell the telemetry port how a piece of work ended, whatever happens to the telling.

The port is called here and nowhere else. What it raises ends here too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import frozen

from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    Limited,
    Ports,
    Provisioned,
    TraceError,
    TraceErrorKind,
    TraceEvent,
    TraceName,
)

__all__ = ["Traced", "error_of_outcome", "error_of_refusal", "tell_fault", "traced"]

R = TypeVar("R")


@frozen(kw_only=True)
class Traced:
    """What is known of a piece of work before it is done; see `ordercore.ports.TraceEvent`.

    Attributes:
        outside: Somebody else is asked: an exception of theirs leaves open what they did.
    """

    name: TraceName
    operation: str
    tenant: TenantId
    correlation_id: str = ""
    order_id: OrderId | None = None
    outside: bool = False


async def traced(
    ports: Ports,
    what: Traced,
    work: Callable[[], Awaitable[R]],
    *,
    error_of: Callable[[R], TraceError | None] = lambda _: None,
    order_of: Callable[[R], OrderId | None] = lambda _: None,
) -> R:
    """Do ``work``, tell how it ended, and return or raise what it did.

    Args:
        error_of: What failed, going by the answer.
        order_of: Which order it was about, where only the answer knows.
    """
    started_at = ports.clock.now()
    try:
        answer = await work()
    except BaseException as trouble:
        with suppress(Exception):
            _tell(ports, what, started_at, error=_error_of_exception(trouble, what))
        raise
    with suppress(Exception):
        _tell(ports, what, started_at, error=error_of(answer), order_id=order_of(answer))
    return answer


def tell_fault(ports: Ports, what: Traced, fault: OrderCoreError) -> None:
    """Tell of a fault that kept a piece of work from being begun at all."""
    with suppress(Exception):
        _tell(ports, what, ports.clock.now(), error=_error_of_exception(fault, what))


def error_of_refusal(answer: object) -> TraceError | None:
    """Return what failed where the answer is a refusal, or that it was asked too often."""
    if isinstance(answer, Refusal):
        return TraceError(kind=TraceErrorKind.REFUSAL, code=answer.code)
    if isinstance(answer, Limited):
        return TraceError(kind=TraceErrorKind.REFUSAL, code="too_many_tries")
    return None


def error_of_outcome(outcome: object) -> TraceError | None:
    """Return what failed where an outside call did not do what it was made for."""
    match outcome:
        case Succeeded() | Provisioned() | Accepted():
            return None
        case Failed(code=code):
            return TraceError(kind=TraceErrorKind.NO_EFFECT, code=code)
        case Rejected(code=code):
            return TraceError(kind=TraceErrorKind.REFUSAL, code=code)
        case Absent():
            return TraceError(kind=TraceErrorKind.NO_EFFECT, code="absent")
        case Unclear():
            return TraceError(kind=TraceErrorKind.UNKNOWN, code="unclear")
        case _:  # a host's adapter may hand over anything
            return TraceError(kind=TraceErrorKind.UNKNOWN, code="no_outcome")


def _error_of_exception(trouble: BaseException, what: Traced) -> TraceError:
    if isinstance(trouble, OrderCoreError):
        return TraceError(kind=TraceErrorKind.FAULT, code=trouble.code)
    kind = TraceErrorKind.INTERRUPTED
    if isinstance(trouble, MemoryError):  # ours, wherever it strikes
        kind = TraceErrorKind.UNEXPECTED
    elif isinstance(trouble, Exception):
        kind = TraceErrorKind.UNKNOWN if what.outside else TraceErrorKind.UNEXPECTED
    return TraceError(kind=kind, code=type(trouble).__name__)


def _tell(
    ports: Ports,
    what: Traced,
    started_at: datetime,
    *,
    error: TraceError | None,
    order_id: OrderId | None = None,
) -> None:
    took = ports.clock.now() - started_at
    ports.telemetry.emit(
        TraceEvent(
            name=what.name,
            operation=what.operation,
            tenant=what.tenant,
            started_at=started_at,
            duration=max(took, timedelta()),  # clocks are put back now and then
            correlation_id=what.correlation_id,
            order_id=what.order_id or order_id,
            error=error,
        )
    )
