"""The payment provider that holds, takes, lets go and gives back money of retail orders.

Every effect has a key of its own, chosen by the order's side, and every one is found again under
it. Whatever reaches us about a payment (an answer, a notice, a customer coming back from a page) is
only a reason to look up the truth with `GatewayPort.find`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from attrs import field, frozen

from ordercore.domain.payments import PaymentKind, PaymentToken
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports.payments import RefundRequest

__all__ = [
    "AuthoriseRequest",
    "CaptureRequest",
    "EXPIRES_AT",
    "GatewayOutcome",
    "GatewayPort",
    "PaymentNotice",
    "PaymentPage",
    "REFERENCE",
    "VoidRequest",
]

REFERENCE: Final = "reference"
"""What a success remembers: the provider's own reference of the authorisation or capture."""

EXPIRES_AT: Final = "expires_at"
"""What an authorisation may remember: until when it can be captured, as an instant in text."""


@frozen(kw_only=True)
class AuthoriseRequest:
    """Money to be held, or taken at once where the kind of payment says so.

    Attributes:
        key: The same for every repetition of one attempt; the same key never takes money twice.
        kind: How the customer pays; see `ordercore.domain.payments.PAYMENT_KINDS`.
        amount: The price of the order, already checked against it.
        token: What is charged; None where the customer chooses on a page.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    kind: PaymentKind
    amount: Money
    token: PaymentToken | None = None


@frozen(kw_only=True)
class CaptureRequest:
    """Money that is held, to be taken; all of it or a part.

    Attributes:
        key: The same for every repetition; each part has its own.
        authorisation_key: Key of the attempt that was authorised.
        reference: The provider's reference of the authorisation, where it is known.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    authorisation_key: str
    amount: Money
    reference: str | None = None


@frozen(kw_only=True)
class VoidRequest:
    """Money that is or may be held, to be let go.

    Attributes:
        key: The same for every repetition.
        authorisation_key: Key of the attempt; it may never have reached the provider.
        reference: The provider's reference of the authorisation, where it is known.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    authorisation_key: str
    reference: str | None = None


@frozen(kw_only=True)
class PaymentPage:
    """Where a customer pays.

    Attributes:
        url: For this customer only; whoever has it may pay, so it is hidden from repr.
        expires_at: When it closes; None when it stays open.
    """

    url: str = field(repr=False)
    expires_at: datetime | None = None


@frozen(kw_only=True)
class PaymentNotice:
    """A provider says that something happened to a payment; a reason to look, and not more.

    Attributes:
        event_id: The provider's id of the message, the same for every delivery of it.
        key: Key of the effect it is about.
        order_id: The order it is about, as the request had it.
    """

    event_id: str
    key: str
    tenant: TenantId
    order_id: OrderId


GatewayOutcome = Succeeded | Accepted | Failed | Rejected | Unclear | Absent


class GatewayPort(Protocol):
    """Payments through a provider; every call may be repeated under its key.

    The same key with the same content is the same effect and gets the same answer; with other
    content it is `Rejected` with ``key_reused``. Expected troubles are answers, not exceptions,
    with the codes of `ordercore.domain.payments.PaymentFailure`: `Rejected` is a final no, `Failed`
    had no effect, `Unclear` may have had one. An exception is taken for unclear.
    """

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold the money, or say why not; `Accepted` when the customer has a page to pay on."""
        ...

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take money that is held, never more than that, or say why not."""
        ...

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let go of what is or ever will be held under the attempt.

        What was captured stays; when nothing else is left the answer is `Rejected` with
        ``already_captured``, and the money has to be refunded.
        """
        ...

    async def refund(self, request: RefundRequest) -> GatewayOutcome:
        """Give captured money back; ``payment_reference`` is the reference of the capture."""
        ...

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say what became of the effect under ``key``; `Absent` when nothing did or will.

        An authorisation that was declined or has expired uncaptured is `Rejected` with that code.
        """
        ...

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page of an attempt that is not paid yet; None when there is none."""
        ...
