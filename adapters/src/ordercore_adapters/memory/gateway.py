"""A payment gateway where every card is good, and pages wait for whoever plays the customer."""

from __future__ import annotations

from hashlib import sha256
from typing import TypeVar

from ordercore.domain.payments import payment_terms
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.ids import TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    PaymentPage,
    RefundRequest,
    VoidRequest,
)

__all__ = ["InstantGateway"]

Request = TypeVar("Request", bound=AuthoriseRequest | CaptureRequest | VoidRequest | RefundRequest)
_Key = tuple[TenantId, str]

_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_NO_AMOUNT = Rejected(code="invalid_amount", reason="only amounts above zero are moved")
_NOT_HERE = Rejected(code="kind_not_supported", reason="cash is not paid through a gateway")
_NO_TOKEN = Rejected(code="invalid_details", reason="no token says what to charge")
_VOIDED = Rejected(code="voided", reason="the authorisation was let go")
_UNKNOWN = Rejected(code="unknown_authorisation", reason="nothing is held under that key")
_TOO_MUCH = Rejected(code="over_capture", reason="more than is still held")
_TAKEN = Rejected(code="already_captured", reason="all of it was taken; it can be refunded")
_UNPAID = Rejected(code="unknown_payment", reason="there is no such payment")
_OVER_REFUND = Rejected(code="over_refund", reason="more than is left of the payment")


class InstantGateway:
    """A `GatewayPort` that holds, takes, lets go and gives back while the caller waits.

    Attributes:
        authorised: The first attempt under each tenant and key.
        captured: The first capture under each tenant and key.
        voided: The first void under each tenant and key.
        refunded: The first refund under each tenant and key.
        settled: Tenant and key of the attempts whose page was paid.
    """

    def __init__(self) -> None:
        self.authorised: dict[_Key, AuthoriseRequest] = {}
        self.captured: dict[_Key, CaptureRequest] = {}
        self.voided: dict[_Key, VoidRequest] = {}
        self.refunded: dict[_Key, RefundRequest] = {}
        self.settled: set[_Key] = set()

    def settle(self, tenant: TenantId, key: str) -> None:
        """Pay on the page of an attempt, as its customer would; once is as good as twice."""
        self.settled.add((tenant, key))

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold or take the money; a page has to be paid first."""
        terms = payment_terms(request.kind)
        if not terms.by_gateway:
            return _NOT_HERE
        if terms.synchronous and request.token is None:
            return _NO_TOKEN
        if not request.amount.is_positive:
            return _NO_AMOUNT
        if (request.tenant, request.key) not in self.authorised and self._is_voided(
            request.tenant, request.key
        ):
            return _VOIDED
        return await self._once(self.authorised, request)

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take what is held, or a part of it."""
        if (request.tenant, request.key) in self.captured:
            return await self._once(self.captured, request)
        attempt = self.authorised.get((request.tenant, request.authorisation_key))
        if attempt is None or not self._is_authorised(attempt):
            return _UNKNOWN
        if self._is_voided(request.tenant, request.authorisation_key):
            return _VOIDED
        if not request.amount.is_positive:
            return _NO_AMOUNT
        held = self._held(attempt)
        if request.amount.currency != held.currency or request.amount > held:
            return _TOO_MUCH
        return await self._once(self.captured, request)

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let go of what is held, and authorise nothing under that key later."""
        attempt = self.authorised.get((request.tenant, request.authorisation_key))
        if (
            (request.tenant, request.key) not in self.voided
            and attempt is not None
            and self._is_authorised(attempt)
            and self._held(attempt).is_zero
        ):
            return _TAKEN
        return await self._once(self.voided, request)

    async def refund(self, request: RefundRequest) -> GatewayOutcome:
        """Give captured money back."""
        if (request.tenant, request.key) in self.refunded:
            return await self._once(self.refunded, request)
        if not request.amount.is_positive:
            return _NO_AMOUNT
        left = self._left(request)
        if left is None or left.currency != request.amount.currency:
            return _UNPAID
        if request.amount > left:
            return _OVER_REFUND
        return await self._once(self.refunded, request)

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say how the effect under ``key`` stands."""
        at = (tenant, key)
        attempt = self.authorised.get(at)
        if attempt is not None:
            untouched = self._held(attempt) == attempt.amount
            if self._is_voided(tenant, key) and (untouched or not self._is_authorised(attempt)):
                return Absent()
            return _success(tenant, key) if self._is_authorised(attempt) else Accepted()
        if at in self.captured or at in self.refunded or at in self.voided:
            return _success(tenant, key)
        return Absent()

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page of an attempt that waits for `settle`."""
        attempt = self.authorised.get((tenant, key))
        if attempt is None or self._is_authorised(attempt) or self._is_voided(tenant, key):
            return None
        return PaymentPage(url=f"https://pay.example/{_digest(tenant, key)}")

    async def _once(self, book: dict[_Key, Request], request: Request) -> GatewayOutcome:
        at = (request.tenant, request.key)
        books = (self.authorised, self.captured, self.voided, self.refunded)
        if any(at in other for other in books if other is not book):
            return _OTHER
        if book.setdefault(at, request) != request:
            return _OTHER
        return await self.find(request.tenant, request.key)

    def _is_authorised(self, attempt: AuthoriseRequest) -> bool:
        paid = (attempt.tenant, attempt.key) in self.settled
        return paid or not payment_terms(attempt.kind).page

    def _is_voided(self, tenant: TenantId, key: str) -> bool:
        return any(v.tenant == tenant and v.authorisation_key == key for v in self.voided.values())

    def _held(self, attempt: AuthoriseRequest) -> Money:
        if payment_terms(attempt.kind).sale:
            return Money.zero(attempt.amount.currency)
        taken = (
            capture.amount
            for capture in self.captured.values()
            if (capture.tenant, capture.authorisation_key) == (attempt.tenant, attempt.key)
        )
        return attempt.amount - Money.total(taken, currency=attempt.amount.currency)

    def _left(self, request: RefundRequest) -> Money | None:
        """Return what the payment behind a refund still holds; None when there is no payment."""
        payments: dict[_Key, Money] = {at: c.amount for at, c in self.captured.items()}
        for at, attempt in self.authorised.items():
            if payment_terms(attempt.kind).sale and self._is_authorised(attempt):
                payments[at] = attempt.amount
        for (tenant, key), amount in payments.items():
            if (tenant, _digest(tenant, key)) == (request.tenant, request.payment_reference):
                given = (
                    refund.amount
                    for refund in self.refunded.values()
                    if (refund.tenant, refund.payment_reference)
                    == (tenant, request.payment_reference)
                )
                return amount - Money.total(given, currency=amount.currency)
        return None


def _success(tenant: TenantId, key: str) -> Succeeded:
    return Succeeded(memory=((REFERENCE, _digest(tenant, key)),))


def _digest(tenant: TenantId, key: str) -> str:
    return sha256(f"{tenant}/{key}".encode()).hexdigest()[:24]
