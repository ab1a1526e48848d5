"""Fetch what an order needs from elsewhere, before anything about it is decided or stored."""

from __future__ import annotations

from typing import Final

from ordercore.app._traced import Traced, traced
from ordercore.app.use_case import Caller
from ordercore.domain.orders import Recipient
from ordercore.domain.processes.retail import SavedAddress
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    LookedUp,
    LookupTimedOut,
    LookupUnreachable,
    NothingFound,
    Ports,
    RecipientLookup,
    RecipientQuery,
    TraceError,
    TraceErrorKind,
    TraceName,
)

__all__ = ["LOOK_UP_RECIPIENT", "recipient_of"]

LOOK_UP_RECIPIENT: Final = "look_up_recipient"
"""What the look-up is told as."""

_REFUSALS: Final = {
    NothingFound: Refusal(code="no_such_address", reason="the address book has no such entry"),
    LookupTimedOut: Refusal(
        code="lookup_timed_out",
        reason="the address book did not answer in time; nothing was stored, try again",
    ),
    LookupUnreachable: Refusal(
        code="lookup_unreachable",
        reason="the address book cannot be reached; nothing was stored, try again",
    ),
}


async def recipient_of(ports: Ports, caller: Caller, saved: SavedAddress) -> Recipient | Refusal:
    """Return who gets the parcel, by the caller's address book.

    Returns:
        The recipient, or a refusal ``no_such_address``, ``lookup_timed_out`` or
        ``lookup_unreachable``.
    """
    query = RecipientQuery(tenant=caller.tenant, customer=caller.actor.id, entry=saved.entry)

    async def look_up() -> RecipientLookup:
        try:
            return await ports.lookups.recipient(query)
        except TimeoutError:
            return LookupTimedOut()
        except OSError as trouble:
            return LookupUnreachable(code=type(trouble).__name__)

    told = Traced(
        name=TraceName.DATA_LOOKUP,
        operation=LOOK_UP_RECIPIENT,
        tenant=caller.tenant,
        correlation_id=caller.correlation_id,
    )
    found = await traced(ports, told, look_up, error_of=_error_of)
    return found.value if isinstance(found, LookedUp) else _REFUSALS[type(found)]


def _error_of(found: RecipientLookup) -> TraceError | None:
    match found:
        case LookedUp():
            return None
        case NothingFound():
            return TraceError(kind=TraceErrorKind.REFUSAL, code="no_such_address")
        case LookupTimedOut():
            return TraceError(kind=TraceErrorKind.NO_EFFECT, code="lookup_timed_out")
        case LookupUnreachable(code=code):
            return TraceError(kind=TraceErrorKind.NO_EFFECT, code=code)
