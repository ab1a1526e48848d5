"""Under every fault the gateway knows, its books and the ledger of the order come to agree.

A cashier works as the library's workers do: write the intent down, call, and whatever the answer
was, record only what a look-up says. Notices arrive late, twice or never; a card is charged once.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import Factory, define, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

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
from ordercore.testing import payment_laws as laws
from ordercore.testing.contracts import drive
from ordercore.testing.fakes import START
from ordercore_adapters.simulated import FaultPlan, SimulatedGateway, VirtualClock
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


def judge(cashier: Cashier, *, complete: bool) -> list[str]:
    """Check every law; what is under way may be known to one side only until all is complete."""
    books, ledger = cashier.gateway, cashier.ledger
    taken, back = books.taken(TENANT, ORDER), books.given_back(TENANT, ORDER)
    found = laws.captures_never_overdrawn(ledger)
    found += laws.captures_match_provider(ledger, taken, complete=complete)
    found += laws.held_matches_provider(ledger, books.held(TENANT, ORDER), complete=complete)
    if complete:
        found += laws.money_adds_up(ledger, taken, back, currency="EUR")
        found += laws.charged_once(ledger, taken, back, price=PRICE)
    return found


ACTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("attempt"),
            st.sampled_from([k for k in PaymentKind if payment_terms(k).by_gateway]),
        ),
        st.tuples(st.just("capture"), st.integers(1, 1000)),
        st.tuples(st.just("refund"), st.integers(1, 1000)),
        st.tuples(st.just("void"), st.none()),
        st.tuples(st.just("give_up"), st.none()),
        st.tuples(st.just("customer"), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([5, 60, 900, 4000, 700_000])),
        st.tuples(st.just("notices"), st.none()),
    ),
    min_size=1,
    max_size=14,
)


def lived(folder: Path, seed: int, acts: list[tuple[str, Any]]) -> Cashier:
    """Let a cashier live through the acts at a hostile gateway, judged after each."""
    clock = VirtualClock(START)
    plan = evolve(FaultPlan.profile("hostile", seed=seed), longest_delay_s=300)
    cashier = Cashier(SimulatedGateway(folder / "gateway.sqlite3", faults=plan, clock=clock), clock)
    for act, value in acts:
        if act == "wait":
            clock.advance(value)
        elif value is None:
            getattr(cashier, act)()
        else:
            getattr(cashier, act)(value)
        assert judge(cashier, complete=False) == []
    return cashier


@given(seed=st.integers(0, 10_000), acts=ACTS)
@settings(max_examples=60, deadline=None)
def test_the_books_say_what_the_ledger_says(seed: int, acts: list[tuple[str, Any]]) -> None:
    """All the way nothing is taken that was not asked for; in the end both agree to the cent."""
    with TemporaryDirectory() as folder:
        cashier = lived(Path(folder), seed, acts)
        try:
            cashier.come_to_rest()
            refused = [e for e in cashier.open_requests() if e.kind is EntryKind.REFUND_REQUESTED]
            assert cashier.open_requests() == refused  # a closed account takes no money back
            assert judge(cashier, complete=not refused) == []
        finally:
            cashier.gateway.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_life_under_faults_ends_with_the_customer_charged_once(
    tmp_path: Path, seed: int
) -> None:
    """Paid, packed in two parcels, one of them returned."""
    acts = [
        ("attempt", PaymentKind.CREDIT_CARD),
        ("wait", 600),
        ("notices", None),
        ("attempt", PaymentKind.CREDIT_CARD),
    ]
    cashier = lived(tmp_path, seed, acts)
    cashier.come_to_rest()
    for cents in (400, 600):
        cashier.capture(cents)
        cashier.come_to_rest()
    cashier.refund(400)
    cashier.come_to_rest()
    assert judge(cashier, complete=True) == []
    assert balance(cashier.ledger, currency="EUR").captured <= PRICE
    cashier.gateway.close()


def test_the_laws_bite() -> None:
    """Each finds the violation it is there for, and says it with the amounts."""

    def entry(kind: EntryKind, cents: int, key: str, source: str = "") -> LedgerEntry:
        amount = Money(cents, "EUR")
        return LedgerEntry(kind=kind, amount=amount, key=key, at=START, source=source)

    asked = entry(EntryKind.AUTHORISATION_REQUESTED, 1000, "a")
    granted = entry(EntryKind.AUTHORISED, 1000, "a")
    taken = entry(EntryKind.CAPTURED, 1000, "c", "a")
    cents = {cents: Money(cents, "EUR") for cents in (0, 400, 999, 1000)}
    ledger = (asked, granted, entry(EntryKind.CAPTURE_REQUESTED, 1000, "c", "a"), taken)

    assert laws.captures_never_overdrawn(ledger) == []
    twice = (*ledger, entry(EntryKind.CAPTURED, 1000, "c", "a"))
    assert laws.captures_never_overdrawn(twice) == [
        "20.00 EUR captured and 0.00 EUR released of 10.00 EUR",
        "captured twice under c",
    ]
    agree = laws.captures_match_provider(ledger, {"c": cents[1000]}, complete=True)
    assert agree == []
    assert laws.captures_match_provider(ledger, {}, complete=False) == [
        "the ledger says 10.00 EUR was captured under c, the provider took None"
    ]
    assert laws.captures_match_provider(ledger[:3], {"c": cents[1000]}, complete=False) == []
    assert laws.captures_match_provider(ledger[:3], {"c": cents[1000]}, complete=True) == [
        "10.00 EUR taken under c is not in the ledger"
    ]
    assert laws.captures_match_provider(ledger, {"c": cents[1000], "x": cents[400]}, complete=False)
    assert laws.held_matches_provider(ledger[:2], {"a": cents[1000]}, complete=True) == []
    assert laws.held_matches_provider(ledger, {"a": cents[400]}, complete=True) == [
        "0.00 EUR of attempt a should be held, 4.00 EUR is"
    ]
    assert laws.held_matches_provider((), {"x": cents[400]}, complete=False) == [
        "4.00 EUR is held under x, an unknown key"
    ]
    both = {"c": cents[1000], "d": cents[400]}
    assert laws.charged_once(ledger, both, {"r": cents[400]}, price=PRICE) == []
    assert laws.charged_once(ledger, both, {}, price=PRICE) == [
        "14.00 EUR was charged for an order that costs 10.00 EUR"
    ]
    back = entry(EntryKind.REFUND_REQUESTED, 400, "r", "d")
    assert laws.charged_once((*ledger, back), both, {}, price=PRICE) == []
    assert laws.money_adds_up(ledger, {"c": cents[1000]}, {}, currency="EUR") == []
    assert laws.money_adds_up(ledger, {"c": cents[999]}, {}, currency="EUR") == [
        "the ledger keeps 10.00 EUR, the books 9.99 EUR"
    ]
