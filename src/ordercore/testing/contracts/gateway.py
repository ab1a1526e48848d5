"""Contract of the payment gateway: no money moves twice, none that is not held, none unseen."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.payments import PaymentKind, PaymentToken
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded, recall
from ordercore.kernel.ids import TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    RefundRequest,
    VoidRequest,
)
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.rows import ONE, OTHER, order_id
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["GatewayContract"]

_TOKEN = "tok-that-nobody-may-see"  # noqa: S105 - looked for where it must not be
_PRICE = Money(1000, "EUR")


class GatewayContract(Contract):
    """Holding, taking, letting go and giving back.

    Override `settle`, and `wait` when the gateway takes its time.
    """

    patience = 20
    """How often an accepted request is asked about."""

    token = _TOKEN
    """What pays."""

    def wait(self, subject: Subject) -> None:
        """Let time pass before the gateway is asked again."""

    def settle(self, subject: Subject, tenant: TenantId, key: str) -> None:
        """Pay on the page of an attempt, as the customer would."""
        raise NotImplementedError("a binding overrides `settle`")

    def attempt(
        self, key: str = "a", *, kind: PaymentKind = PaymentKind.CREDIT_CARD, tenant: TenantId = ONE
    ) -> AuthoriseRequest:
        """Return an attempt to pay 10.00 EUR for order 1."""
        page = kind in (PaymentKind.BANK_TRANSFER, PaymentKind.VOUCHER, PaymentKind.WALLET)
        return AuthoriseRequest(
            key=key,
            tenant=tenant,
            order_id=order_id(),
            kind=kind,
            amount=_PRICE,
            token=None if page else PaymentToken(self.token),
        )

    def _capture(self, key: str, cents: int, of: str = "a") -> CaptureRequest:
        amount = Money(cents, "EUR")
        return CaptureRequest(
            key=key, tenant=ONE, order_id=order_id(), authorisation_key=of, amount=amount
        )

    def _void(self, key: str = "v", of: str = "a") -> VoidRequest:
        return VoidRequest(key=key, tenant=ONE, order_id=order_id(), authorisation_key=of)

    def _refund(self, key: str, cents: int, reference: str) -> RefundRequest:
        return RefundRequest(
            key=key,
            tenant=ONE,
            order_id=order_id(),
            payment_reference=reference,
            amount=Money(cents, "EUR"),
        )

    def _call(self, subject: Subject, request: Any) -> GatewayOutcome:
        """Make the call and ask until it is answered for good."""
        gateway = subject.ports.gateway
        calls: dict[type, Any] = {
            AuthoriseRequest: gateway.authorise,
            CaptureRequest: gateway.capture,
            VoidRequest: gateway.void,
            RefundRequest: gateway.refund,
        }
        outcome: GatewayOutcome = subject.run(calls[type(request)](request))
        for _ in range(self.patience):
            if not isinstance(outcome, Accepted):
                break
            self.wait(subject)
            outcome = self._find(subject, request.key, request.tenant)
        return outcome

    def _find(self, subject: Subject, key: str, tenant: TenantId = ONE) -> GatewayOutcome:
        outcome: GatewayOutcome = subject.run(subject.ports.gateway.find(tenant, key))
        return outcome

    def _reference(self, subject: Subject, request: Any) -> str:
        """Make a call that succeeds and return the reference it remembers."""
        outcome = self._call(subject, request)
        assert isinstance(outcome, Succeeded), outcome
        reference = recall(outcome.memory, REFERENCE)
        assert reference
        return reference

    def _refused(self, subject: Subject, request: Any, code: str | None = None) -> None:
        outcome = self._call(subject, request)
        assert isinstance(outcome, Rejected), outcome
        assert code in (None, outcome.code)

    # -- holding --------------------------------------------------------------------------------

    def test_the_same_attempt_holds_once(self, subject: Subject) -> None:
        """A repeated request, and a look-up, answer with the authorisation of the first."""
        first = self._reference(subject, self.attempt())
        expect(self._reference(subject, self.attempt()), first)
        found = self._find(subject, "a")
        assert isinstance(found, Succeeded)
        expect(recall(found.memory, REFERENCE), first)

    def test_another_key_or_tenant_is_another_authorisation(self, subject: Subject) -> None:
        """Keys belong to their tenant."""
        attempts = [self.attempt(), self.attempt("b"), self.attempt(tenant=OTHER)]
        expect(len({self._reference(subject, attempt) for attempt in attempts}), 3)

    def test_a_key_stands_for_one_content(self, subject: Subject) -> None:
        """Another amount, order or effect under it is refused, and changes nothing."""
        first = self._reference(subject, self.attempt())
        for other in (
            evolve(self.attempt(), amount=Money(999, "EUR")),
            evolve(self.attempt(), order_id=order_id(2)),
            self._capture("a", 100),
        ):
            self._refused(subject, other, "key_reused")
        expect(self._reference(subject, self.attempt()), first)

    def test_what_was_never_asked_for_is_absent(self, subject: Subject) -> None:
        """Also when another tenant asked under the same key."""
        self._reference(subject, self.attempt(tenant=OTHER))
        expect(self._find(subject, "a"), Absent())

    @pytest.mark.parametrize("kind", [PaymentKind.CASH_ON_DELIVERY, PaymentKind.IN_PERSON])
    def test_cash_is_no_business_of_a_gateway(self, subject: Subject, kind: PaymentKind) -> None:
        """It is refused, and nothing is held."""
        self._refused(subject, self.attempt(kind=kind))
        expect(self._find(subject, "a"), Absent())

    def test_a_card_without_a_token_or_amount_is_refused(self, subject: Subject) -> None:
        """There is nothing to charge."""
        self._refused(subject, evolve(self.attempt(), token=None), "invalid_details")
        self._refused(subject, evolve(self.attempt(), amount=Money(0, "EUR")))
        expect(self._find(subject, "a"), Absent())

    def test_tokens_do_not_show(self, subject: Subject) -> None:
        """No text form of a request or an answer has one."""
        request = self.attempt()
        assert self.token not in f"{request!r} {request} {self._call(subject, request)!r}"

    # -- taking ---------------------------------------------------------------------------------

    def test_captures_add_up_to_what_is_held_and_no_further(self, subject: Subject) -> None:
        """In parts, each counted once however often it is asked for."""
        self._reference(subject, self.attempt())
        first = self._reference(subject, self._capture("c1", 400))
        expect(self._reference(subject, self._capture("c1", 400)), first)
        self._refused(subject, self._capture("c1", 300), "key_reused")
        self._refused(subject, self._capture("c2", 601))
        assert self._reference(subject, self._capture("c3", 600)) != first
        self._refused(subject, self._capture("c4", 1))

    def test_a_capture_can_be_looked_up(self, subject: Subject) -> None:
        """One that was refused is absent."""
        self._reference(subject, self.attempt())
        self._reference(subject, self._capture("c1", 400))
        self._refused(subject, self._capture("c2", 601))
        assert isinstance(self._find(subject, "c1"), Succeeded)
        expect(self._find(subject, "c2"), Absent())

    def test_nothing_is_captured_that_is_not_held(self, subject: Subject) -> None:
        """Without an authorisation, out of somebody else's, of no amount, in another currency."""
        self._refused(subject, self._capture("c1", 100))
        self._reference(subject, self.attempt(tenant=OTHER))
        self._refused(subject, self._capture("c2", 100))
        self._reference(subject, self.attempt())
        self._refused(subject, self._capture("c3", 0))
        self._refused(subject, evolve(self._capture("c4", 100), amount=Money(100, "USD")))

    def test_a_debit_card_is_captured_at_once(self, subject: Subject) -> None:
        """The authorisation is the payment: it can be given back, not taken again or let go."""
        reference = self._reference(subject, self.attempt(kind=PaymentKind.DEBIT_CARD))
        self._refused(subject, self._capture("c1", 100))
        self._refused(subject, self._void(), "already_captured")
        assert isinstance(self._call(subject, self._refund("r", 1000, reference)), Succeeded)

    # -- letting go -----------------------------------------------------------------------------

    def test_what_is_let_go_cannot_be_captured(self, subject: Subject) -> None:
        """It is as if it had never been; letting it go again is no error."""
        self._reference(subject, self.attempt())
        for _ in range(2):
            assert isinstance(self._call(subject, self._void()), Succeeded)
        assert isinstance(self._call(subject, self._void("v2")), Succeeded)
        self._refused(subject, self._capture("c1", 100))
        expect(self._find(subject, "a"), Absent())
        assert isinstance(self._find(subject, "v"), Succeeded)

    def test_a_late_attempt_holds_nothing(self, subject: Subject) -> None:
        """A key that was let go, even before it ever arrived, can no longer be used."""
        assert isinstance(self._call(subject, self._void()), Succeeded)
        self._refused(subject, self.attempt())
        expect(self._find(subject, "a"), Absent())

    def test_what_was_captured_stays_when_the_rest_is_let_go(self, subject: Subject) -> None:
        """The capture can be given back, the authorisation is still found."""
        self._reference(subject, self.attempt())
        reference = self._reference(subject, self._capture("c1", 400))
        assert isinstance(self._call(subject, self._void()), Succeeded)
        self._refused(subject, self._capture("c2", 600))
        assert isinstance(self._find(subject, "a"), Succeeded)
        assert isinstance(self._call(subject, self._refund("r", 400, reference)), Succeeded)

    def test_nothing_is_let_go_when_all_was_captured(self, subject: Subject) -> None:
        """The answer says so, or the money would be forgotten."""
        self._reference(subject, self.attempt())
        self._reference(subject, self._capture("c1", 1000))
        self._refused(subject, self._void(), "already_captured")
        expect(self._find(subject, "v"), Absent())

    # -- giving back ----------------------------------------------------------------------------

    def test_refunds_add_up_to_what_was_captured_and_no_further(self, subject: Subject) -> None:
        """In parts, each counted once however often it is asked for."""
        self._reference(subject, self.attempt())
        reference = self._reference(subject, self._capture("c1", 400))
        for _ in range(2):
            assert isinstance(self._call(subject, self._refund("r1", 150, reference)), Succeeded)
        self._refused(subject, self._refund("r1", 100, reference), "key_reused")
        self._refused(subject, self._refund("r2", 251, reference))
        assert isinstance(self._call(subject, self._refund("r3", 250, reference)), Succeeded)
        assert isinstance(self._find(subject, "r3"), Succeeded)
        expect(self._find(subject, "r2"), Absent())

    def test_what_is_only_held_cannot_be_given_back(self, subject: Subject) -> None:
        """Nor what nobody paid."""
        held = self._reference(subject, self.attempt())
        self._refused(subject, self._refund("r1", 100, held))
        self._refused(subject, self._refund("r2", 100, "no-such-payment"))

    # -- pages ----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "kind", [PaymentKind.BANK_TRANSFER, PaymentKind.VOUCHER, PaymentKind.WALLET]
    )
    def test_a_page_waits_for_its_customer(self, subject: Subject, kind: PaymentKind) -> None:
        """Until it is paid there is nothing to capture; then the money is there."""
        gateway, request = subject.ports.gateway, self.attempt(kind=kind)
        expect(subject.run(gateway.authorise(request)), Accepted())
        page = subject.run(gateway.page(ONE, "a"))
        assert page is not None
        expect(subject.run(gateway.page(OTHER, "a")), None)
        expect(self._find(subject, "a"), Accepted())
        self._refused(subject, self._capture("c1", 100))

        self.settle(subject, ONE, "a")

        reference = self._reference(subject, request)
        expect(subject.run(gateway.page(ONE, "a")), None)
        assert isinstance(self._call(subject, self._refund("r", 1000, reference)), Succeeded)

    def test_a_page_that_was_let_go_is_closed(self, subject: Subject) -> None:
        """Nobody can pay for an order that was given up."""
        gateway = subject.ports.gateway
        subject.run(gateway.authorise(self.attempt(kind=PaymentKind.WALLET)))
        assert isinstance(self._call(subject, self._void()), Succeeded)
        expect(subject.run(gateway.page(ONE, "a")), None)
        expect(self._find(subject, "a"), Absent())
