"""A cashier: takes the money of one order as workers do, whatever the gateway answers.

The intent is written down first, then the call is made, and only what a look-up says is recorded.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, define

from ordercore.domain.payments import (
    EntryKind,
    LedgerEntry,
    PaymentFailure,
    PaymentKind,
    PaymentToken,
    attempts,
    balance,
    payment_terms,
    record_authorised,
    record_capture_declined,
    record_captured,
    record_declined,
    record_lapsed,
    record_void_declined,
    record_voided,
    request_authorisation,
    request_capture,
    request_refunds,
    request_void,
    settle_refund,
    surplus_attempts,
)
from ordercore.engine.saga import Absent, Rejected, Succeeded, recall
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.kernel.time import parse_instant
from ordercore.ports import (
    EXPIRES_AT,
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    PaymentNotice,
    RefundRequest,
    VoidRequest,
)
from ordercore.testing.contracts import drive
from ordercore_adapters.simulated import SimulatedGateway, VirtualClock
from ordercore_adapters.webhooks import WebhookSigner, WebhookVerifier

TENANT, ORDER = TenantId("tenant-a"), OrderId("order-1")
PRICE = Money(1000, "EUR")
SECRET = "whsec_" + "c2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz"
ROUNDS = 200


@define
class Cashier:
    """Takes one order's money, and writes down what it knows."""

    gateway: SimulatedGateway
    clock: VirtualClock
    ledger: tuple[LedgerEntry, ...] = ()
    count: int = 0
    kinds: dict[str, PaymentKind] = Factory(dict)

    def add(self, decision: Any) -> tuple[LedgerEntry, ...]:
        """Write a decision down; return what was added."""
        if decision is None or isinstance(decision, Refusal):
            return ()
        new = decision if isinstance(decision, tuple) else (decision,)
        self.ledger = (*self.ledger, *new)
        return new

    def next_key(self, what: str) -> str:
        """Return a fresh key."""
        self.count += 1
        return f"{what}-{self.count}"

    # -- intents --------------------------------------------------------------------------------

    def attempt(self, kind: PaymentKind) -> None:
        """Try to pay."""
        key = self.next_key("try")
        self.kinds[key] = kind
        asked = request_authorisation(
            self.ledger, amount=PRICE, price=PRICE, key=key, at=self.clock.now()
        )
        self.make(self.add(asked))

    def capture(self, cents: int) -> None:
        """Take a part of what is held."""
        amount, key = Money(cents, "EUR"), self.next_key("take")
        asked = request_capture(self.ledger, amount=amount, key=key, at=self.clock.now())
        self.make(self.add(asked))

    def void(self) -> None:
        """Let the newest attempt go."""
        found = attempts(self.ledger)
        if found:
            key = self.next_key("void")
            self.make(
                self.add(
                    request_void(self.ledger, attempt=found[-1].key, key=key, at=self.clock.now())
                )
            )

    def give_up(self) -> None:
        """Wait no longer for an outcome: see to it that there will be none, and go on."""
        waiting = balance(self.ledger, currency="EUR").open_attempt
        if waiting is not None:
            self.void()
            self.add(record_lapsed(self.ledger, key=waiting.key, at=self.clock.now()))

    def give_up_surplus(self) -> None:
        """Let go of, or give back, what a late grant brought beside the one that pays."""
        for found in surplus_attempts(self.ledger):
            if found.held.is_positive:
                key, at = f"void-surplus-{found.key}", self.clock.now()
                self.make(self.add(request_void(self.ledger, attempt=found.key, key=key, at=at)))
            beyond = balance(self.ledger, currency="EUR").refundable - PRICE
            if found.captured.is_positive and beyond.is_positive:
                self.refund(beyond.amount_minor)

    def refund(self, cents: int) -> None:
        """Give money back."""
        amount, key = Money(cents, "EUR"), self.next_key("back")
        self.make(
            self.add(request_refunds(self.ledger, amount=amount, key=key, at=self.clock.now()))
        )

    def customer(self, pays: bool) -> None:
        """Let the customer act on whatever page is open."""
        for found in attempts(self.ledger):
            page = self.gateway.pages.page(TENANT, found.key)
            if page is not None and pays:
                self.gateway.pages.pay(page.url)
            elif page is not None:
                self.gateway.pages.decline(page.url)

    # -- calls and look-ups ---------------------------------------------------------------------

    def make(self, requests: tuple[LedgerEntry, ...]) -> None:
        """Make the calls that were written down; what they answer is looked up."""
        for request in requests:
            call, wanted = self.call_of(request)
            ask(lambda call=call, wanted=wanted: call(wanted))
            self.intake(request.key)

    def call_of(self, entry: LedgerEntry) -> tuple[Any, Any]:
        """Return the call an entry stands for."""
        about: dict[str, Any] = {"key": entry.key, "tenant": TENANT, "order_id": ORDER}
        match entry.kind:
            case EntryKind.AUTHORISATION_REQUESTED:
                kind = self.kinds[entry.key]
                token = PaymentToken("tok-1") if payment_terms(kind).synchronous else None
                return self.gateway.authorise, AuthoriseRequest(
                    **about, kind=kind, amount=entry.amount, token=token
                )
            case EntryKind.CAPTURE_REQUESTED:
                return self.gateway.capture, CaptureRequest(
                    **about, authorisation_key=entry.source, amount=entry.amount
                )
            case EntryKind.VOID_REQUESTED:
                return self.gateway.void, VoidRequest(**about, authorisation_key=entry.source)
            case _:
                return self.gateway.refund, RefundRequest(
                    **about, payment_reference=entry.source, amount=entry.amount
                )

    def intake(self, key: str) -> GatewayOutcome | None:
        """Look the truth up and write it down; any report of any kind ends here."""
        request = next((e for e in self.ledger if e.key == key and "requested" in e.kind), None)
        outcome = ask(lambda: self.gateway.find(TENANT, key))
        if request is not None and isinstance(outcome, (Succeeded, Rejected)):
            self.add(self.learned(request, outcome))
        return outcome

    def learned(self, request: LedgerEntry, outcome: Succeeded | Rejected) -> Any:
        """Return what a known outcome means for the ledger."""
        key, at = request.key, self.clock.now()
        if isinstance(outcome, Rejected):
            return self.refused(request, outcome)
        reference = recall(outcome.memory, REFERENCE) or ""
        match request.kind:
            case EntryKind.AUTHORISATION_REQUESTED:
                ends = recall(outcome.memory, EXPIRES_AT)
                known = next(a for a in attempts(self.ledger) if a.key == key)
                if known.authorised.is_positive and ends and parse_instant(ends) <= at:
                    return record_lapsed(self.ledger, key=key, at=at)
                return record_authorised(
                    self.ledger,
                    key=key,
                    at=at,
                    reference=reference,
                    sale=payment_terms(self.kinds[key]).sale,
                )
            case EntryKind.CAPTURE_REQUESTED:
                return record_captured(self.ledger, key=key, at=at, reference=reference)
            case EntryKind.VOID_REQUESTED:
                return record_voided(self.ledger, key=key, at=at)
            case _:
                return settle_refund(self.ledger, key=key, at=at)

    def refused(self, request: LedgerEntry, outcome: Rejected) -> Any:
        """Return what a final no means."""
        key, at, code = request.key, self.clock.now(), outcome.code
        match request.kind:
            case EntryKind.AUTHORISATION_REQUESTED:
                if code == PaymentFailure.AUTHORISATION_EXPIRED:
                    return record_lapsed(self.ledger, key=key, at=at)
                return record_declined(self.ledger, key=key, code=code, at=at)
            case EntryKind.CAPTURE_REQUESTED:
                return record_capture_declined(self.ledger, key=key, code=code, at=at)
            case EntryKind.VOID_REQUESTED:
                return record_void_declined(self.ledger, key=key, code=code, at=at)
            case _:
                return None

    # -- coming to rest -------------------------------------------------------------------------

    def open_requests(self) -> list[LedgerEntry]:
        """Return every intent without an outcome."""
        ends = {
            (EntryKind.AUTHORISATION_REQUESTED): {"authorised", "declined", "lapsed"},
            (EntryKind.CAPTURE_REQUESTED): {"captured", "declined"},
            (EntryKind.VOID_REQUESTED): {"voided", "declined"},
            (EntryKind.REFUND_REQUESTED): {"refunded"},
        }
        voided = {e.source for e in self.ledger if e.kind is EntryKind.VOIDED}
        return [
            entry
            for entry in self.ledger
            if entry.kind in ends
            and entry.key not in voided
            and not any(e.key == entry.key and e.kind in ends[entry.kind] for e in self.ledger)
        ]

    def come_to_rest(self) -> None:
        """Work until everything has an outcome, as workers do, however long it takes."""
        for _ in range(ROUNDS):
            self.give_up_surplus()
            waiting = self.open_requests()
            if not waiting and self.is_up_to_date():
                break
            self.clock.advance(60)
            for request in waiting:
                outcome = self.intake(request.key)
                if isinstance(outcome, Absent):
                    call, wanted = self.call_of(request)
                    answer = ask(lambda call=call, wanted=wanted: call(wanted))
                    if isinstance(answer, Rejected):
                        self.add(self.refused(request, answer))

    def is_up_to_date(self) -> bool:
        """Look at every attempt again: what expired or turned up late is learned by looking."""
        before = self.ledger
        for found in attempts(self.ledger):
            while not isinstance(self.intake(found.key), (Succeeded, Rejected, Absent)):
                self.clock.advance(60)
        return self.ledger == before

    def notices(self) -> list[PaymentNotice]:
        """Fetch what is due, verified; each is a reason to look."""
        verifier = WebhookVerifier(SECRET, clock=self.clock, tenant=TENANT)
        found = []
        for delivery in self.gateway.webhooks.drain(WebhookSigner(SECRET).sign):
            notice = verifier.verify(delivery.headers, delivery.body)
            assert isinstance(notice, PaymentNotice)
            assert notice.order_id == ORDER
            found.append(notice)
            self.intake(notice.key)
        return found


def ask(call: Any) -> GatewayOutcome | None:
    """Make a call; None when its answer was lost."""
    try:
        outcome: GatewayOutcome = drive(call())
    except TimeoutError:
        return None
    return outcome
