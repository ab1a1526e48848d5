"""Holding, taking and letting go of money at the simulated gateway: what a call does to its books.

Each function does the work of one call inside the transaction of the books. A key that is there
already gets the answer of how its effect stands now, or is refused when it stood for other content.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import evolve

from ordercore.domain.payments import PaymentFailure, payment_terms
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    EXPIRES_AT,
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    VoidRequest,
)
from ordercore_adapters.simulated._calls import Call
from ordercore_adapters.simulated.faults import Fate, FaultPlan
from ordercore_adapters.simulated.gateway_books import (
    Authorisation,
    authorisation,
    captured,
    digest,
    end,
    grant,
    held,
    is_voided,
    notify,
    put,
    take,
)

__all__ = [
    "DECLINING_TOKENS",
    "PAGE_LIFE",
    "authorise",
    "capture",
    "is_other_effect",
    "standing_of",
    "void",
]

PAGE_LIFE: Final = timedelta(hours=1)
"""How long a page stays open."""

DECLINING_TOKENS: Final = {
    "tok-insufficient-funds": PaymentFailure.INSUFFICIENT_FUNDS,
    "tok-invalid-details": PaymentFailure.INVALID_DETAILS,
    "tok-declined": PaymentFailure.DECLINED,
}
"""Tokens that are always declined, whatever the plan; every other token pays."""

_DECLINES = tuple(DECLINING_TOKENS.values())
_REASONS = {
    PaymentFailure.INSUFFICIENT_FUNDS: "the account does not hold that much",
    PaymentFailure.INVALID_DETAILS: "the details of the card are wrong",
    PaymentFailure.DECLINED: "the issuer said no",
    PaymentFailure.AUTHORISATION_EXPIRED: "it was not used in time",
}
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_NO_AMOUNT = Rejected(code="invalid_amount", reason="only amounts above zero are moved")
_NOT_HERE = Rejected(code="kind_not_supported", reason="cash is not paid through a gateway")
_NO_TOKEN = Rejected(code="invalid_details", reason="no token says what to charge")
_VOIDED = Rejected(code="voided", reason="the authorisation was let go")
_UNKNOWN = Rejected(code="unknown_authorisation", reason="nothing is held under that key")
_TOO_MUCH = Rejected(code="over_capture", reason="more than is still held")
_TAKEN = Rejected(code="already_captured", reason="all of it was taken; it can be refunded")


def authorise(call: Call, request: AuthoriseRequest, faults: FaultPlan) -> GatewayOutcome:
    """Hold or take money, decline, or open a page."""
    terms = payment_terms(request.kind)
    if not terms.by_gateway:
        return _NOT_HERE
    if terms.synchronous and request.token is None:
        return _NO_TOKEN
    if not request.amount.is_positive:
        return _NO_AMOUNT
    wanted = _as_wanted(call, request)
    earlier = authorisation(call.db, request.tenant, request.key)
    if earlier is not None:
        return _repeated(call, earlier, wanted)
    if is_other_effect(call, request.tenant, request.key, "authorisations"):
        return _OTHER
    if is_voided(call.db, request.tenant, request.key):
        return _VOIDED
    code = _decline(call, request, faults)
    if terms.page:
        put(call.db, evolve(wanted, status="waiting", due_at=call.at + PAGE_LIFE))
    elif call.due_at > call.at:
        put(call.db, evolve(wanted, status="pending", code=code, due_at=call.due_at))
    elif code:
        end(call.db, faults, wanted, "declined", at=call.at, code=code)
    else:
        grant(call.db, faults, wanted, at=call.at)
    return standing_of(call, request.tenant, request.key)


def capture(call: Call, request: CaptureRequest, faults: FaultPlan) -> GatewayOutcome:
    """Take money that is held."""
    earlier = call.db.execute(
        "SELECT authorisation_key, amount_minor, currency FROM captures "
        "WHERE tenant = ? AND key = ?",
        (request.tenant, request.key),
    ).fetchone()
    wanted = (request.authorisation_key, request.amount.amount_minor, request.amount.currency)
    if earlier is not None:
        same = earlier == wanted and request.key != request.authorisation_key
        return standing_of(call, request.tenant, request.key) if same else _OTHER
    if is_other_effect(call, request.tenant, request.key, "captures"):
        return _OTHER
    attempt = authorisation(call.db, request.tenant, request.authorisation_key)
    if attempt is None or request.reference not in (None, attempt.reference):
        return _UNKNOWN
    refused = _not_capturable(attempt)
    if refused is not None:
        return refused
    if not request.amount.is_positive:
        return _NO_AMOUNT
    if request.amount.currency != attempt.amount.currency:
        return _TOO_MUCH
    if request.amount > held(call.db, attempt):
        return _TOO_MUCH
    reference = f"cap-{digest(request.tenant, request.key)}"
    take(
        call.db,
        attempt,
        key=request.key,
        reference=reference,
        amount=request.amount,
        at=call.due_at,
    )
    notify(call.db, faults, "payment.captured", attempt=attempt, key=request.key, at=call.due_at)
    return standing_of(call, request.tenant, request.key)


def void(call: Call, request: VoidRequest, faults: FaultPlan) -> GatewayOutcome:
    """Let go of what is held, and see to it that nothing is held under that key later."""
    earlier = call.db.execute(
        "SELECT authorisation_key FROM voids WHERE tenant = ? AND key = ?",
        (request.tenant, request.key),
    ).fetchone()
    if earlier is not None:
        return Succeeded() if earlier == (request.authorisation_key,) else _OTHER
    if is_other_effect(call, request.tenant, request.key, "voids"):
        return _OTHER
    attempt = authorisation(call.db, request.tenant, request.authorisation_key)
    released = 0
    if attempt is not None:
        left = held(call.db, attempt)
        if attempt.status in ("granted", "done") and left.is_zero:
            return _TAKEN
        released = left.amount_minor
        if attempt.status in ("granted", "pending", "waiting"):
            end(call.db, faults, attempt, "voided", at=call.at, code="")
    call.db.execute(
        "INSERT INTO voids VALUES (?, ?, ?, ?, ?, ?)",
        (
            request.tenant,
            request.key,
            request.authorisation_key,
            request.order_id,
            released,
            format_instant(call.at),
        ),
    )
    return Succeeded()


def standing_of(call: Call, tenant: str, key: str) -> GatewayOutcome:
    """Return how an authorisation, capture or void stands; `Absent` when there is none."""
    attempt = authorisation(call.db, tenant, key)
    if attempt is not None:
        return _standing(call, attempt)
    row = call.db.execute(
        "SELECT reference, arrived_at FROM captures WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    if row is not None:
        arrived = row[1] <= format_instant(call.at)
        return Succeeded(memory=((REFERENCE, row[0]),)) if arrived else Accepted()
    row = call.db.execute(
        "SELECT 1 FROM voids WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    return Absent() if row is None else Succeeded()


def is_other_effect(call: Call, tenant: str, key: str, own: str) -> bool:
    """Return whether a key stands for an effect of another kind."""
    found = call.db.execute(
        "SELECT 'authorisations' FROM authorisations WHERE tenant = ?1 AND key = ?2 UNION "
        "SELECT 'captures' FROM captures WHERE tenant = ?1 AND key = ?2 UNION "
        "SELECT 'voids' FROM voids WHERE tenant = ?1 AND key = ?2 UNION "
        "SELECT 'refunds' FROM refunds WHERE tenant = ?1 AND key = ?2",
        (tenant, key),
    ).fetchall()
    return any(name != own for (name,) in found)


def _standing(call: Call, attempt: Authorisation) -> GatewayOutcome:
    if attempt.status in ("waiting", "pending"):
        return Accepted()
    if attempt.status == "granted" or captured(call.db, attempt).is_positive:
        memory = [(REFERENCE, attempt.reference)]
        if not attempt.sale:
            memory.append((EXPIRES_AT, format_instant(attempt.expires_at)))
        return Succeeded(memory=tuple(memory))
    if attempt.status == "voided":
        return Absent()
    return _declined(PaymentFailure(attempt.code))


def _repeated(call: Call, earlier: Authorisation, wanted: Authorisation) -> GatewayOutcome:
    asked = ("order_id", "kind", "amount", "token")
    if any(getattr(earlier, name) != getattr(wanted, name) for name in asked):
        return _OTHER
    answer = _standing(call, earlier)
    return _VOIDED if isinstance(answer, Absent) else answer


def _as_wanted(call: Call, request: AuthoriseRequest) -> Authorisation:
    token = request.token.value if request.token else ""
    return Authorisation(
        tenant=request.tenant,
        key=request.key,
        reference=f"auth-{digest(request.tenant, request.key)}",
        order_id=request.order_id,
        kind=request.kind,
        amount=request.amount,
        token=digest(token) if token else "",
        status="pending",
        code="",
        due_at=call.at,
        expires_at=call.at,
    )


def _decline(call: Call, request: AuthoriseRequest, faults: FaultPlan) -> str:
    """Return why an attempt is declined; nothing when it is not."""
    fixed = DECLINING_TOKENS.get(request.token.value) if request.token else None
    if fixed is not None:
        return fixed
    if call.fate not in (Fate.REJECTED, Fate.LATE_FAILURE):
        return ""
    scoped = f"{request.tenant}/{request.key}"
    return _DECLINES[faults.draw("decline", scoped, below=len(_DECLINES))]


def _not_capturable(attempt: Authorisation) -> Rejected | None:
    if attempt.status == "granted":
        return None
    if attempt.status == "done":
        return _TOO_MUCH
    if attempt.status == "voided":
        return _VOIDED
    if attempt.status == "expired":
        return _declined(PaymentFailure.AUTHORISATION_EXPIRED)
    return _UNKNOWN


def _declined(failure: PaymentFailure) -> Rejected:
    return Rejected(code=failure, reason=_REASONS[failure])
