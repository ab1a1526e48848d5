"""The payment provider outside: it holds, takes, lets go and gives back, and keeps its books.

It is honest: the same key never moves money twice, and never more than there is. Time settles what
is due (a page that closes, an authorisation nobody used) whenever somebody looks. What a customer
is charged by is plain text: a token that begins with ``declined`` is declined.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from attrs import define, field, frozen

from ordercore.domain.payments import PaymentFailure, payment_terms
from ordercore.engine.saga import Absent, Accepted, Memory, Rejected, Succeeded
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    EXPIRES_AT,
    REFERENCE,
    AuthoriseRequest,
    CaptureRequest,
    GatewayOutcome,
    PaymentPage,
    RefundRequest,
    VoidRequest,
)
from ordercore.testing.fakes import START
from ordercore.testing.sale_laws import GatewayBook
from ordercore.testing.simulation.providers import AT_ONCE, Mood

__all__ = ["Attempt", "Gateway", "Notice"]

_Key = tuple[TenantId, str]
_WEEK_MS = 7 * 24 * 3600 * 1000
_OTHER = Rejected(code="key_reused", reason="the key stands for something else")
_VOIDED = Rejected(code="voided", reason="the authorisation was let go")
_UNKNOWN = Rejected(code="unknown_authorisation", reason="nothing is held under that key")
_TOO_MUCH = Rejected(code="over_capture", reason="more than is still held")
_TAKEN = Rejected(code="already_captured", reason="all of it was taken; it can be refunded")
_UNPAID = Rejected(code="unknown_payment", reason="there is no such payment")
_OVER_REFUND = Rejected(code="over_refund", reason="more than is left of the payment")


@frozen(kw_only=True)
class Notice:
    """Something happened to an attempt at an instant; a reason to look."""

    tenant: TenantId
    order_id: OrderId
    key: str
    at_ms: int


@define(kw_only=True)
class Attempt:
    """What became of one request to hold or take money.

    Attributes:
        status: ``waiting`` on its page, ``pending``, ``granted``, ``declined``, ``expired`` or
            ``voided``.
        due_ms: When a pending one is decided, a page closes, a granted one is no longer good.
        fails: A pending one will be declined.
        life_ms: How long it is good once granted.
        taken: How much was captured, in minor units; ``payments`` are the names of the captures.
    """

    request: AuthoriseRequest
    status: str
    due_ms: int
    fails: bool = False
    life_ms: int = _WEEK_MS
    taken: int = 0
    payments: list[str] = field(factory=list)

    @property
    def reference(self) -> str:
        """The gateway's own name for it."""
        return f"auth.{self.request.key[:20]}"

    @property
    def sale(self) -> bool:
        """Granting it takes the money."""
        return payment_terms(self.request.kind).sale

    @property
    def held(self) -> int:
        """What can be captured or let go, in minor units."""
        return self.request.amount.amount_minor - self.taken if self.status == "granted" else 0

    @property
    def memory(self) -> Memory:
        """What is told of it: its name; and of every second one that is held, until when."""
        named = ((REFERENCE, self.reference),)
        if self.sale or int(self.request.key[-1], 36) % 2:
            return named
        end = START + timedelta(milliseconds=self.due_ms)
        return (*named, (EXPIRES_AT, format_instant(end)))


@define(kw_only=True)
class _Payment:
    """Money that was taken: of which attempt, under which key, and how much of it went back."""

    attempt: Attempt
    key: str
    minor: int
    arrives_ms: int
    given_back: int = 0


@define
class Gateway:
    """Holds and moves money, once per key.

    Attributes:
        page_ms: How long the page of an order stays open.
        hold_ms: How long money is held for an order; 0: for a week.
        mood: How the next call is taken.
        notices: What happened and nobody was told yet.
        by_hand: Orders about whose payments people talked to the provider.
    """

    now_ms: Callable[[], int]
    page_ms: Callable[[OrderId], int]
    hold_ms: Callable[[OrderId], int]
    mood: Mood = AT_ONCE
    attempts: dict[_Key, Attempt] = field(factory=dict)
    captures: dict[_Key, _Payment] = field(factory=dict)
    voids: dict[_Key, str] = field(factory=dict)
    refunds: dict[_Key, tuple[RefundRequest, int]] = field(factory=dict)
    notices: list[Notice] = field(factory=list)
    by_hand: set[OrderId] = field(factory=set)
    _voided: set[_Key] = field(factory=set)
    _of_order: dict[OrderId, list[Attempt]] = field(factory=dict)
    _payments: dict[_Key, _Payment] = field(factory=dict)
    _refunded: dict[OrderId, list[str]] = field(factory=dict)

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold or take the money, or open a page."""
        place, now, mood = (request.tenant, request.key), self.now_ms(), self.mood
        known = self.attempts.get(place)
        if known is None and (place in self.captures or place in self.voids):
            return _OTHER
        if known is None and place in self._voided:
            return _VOIDED
        if known is None:
            known = Attempt(request=request, status="pending", due_ms=now + mood.takes_ms)
            known.life_ms = mood.lasts_ms or self.hold_ms(request.order_id) or _WEEK_MS
            token = request.token.value if request.token else ""
            known.fails = mood.fails or token.startswith("declined")
            self.attempts[place] = known
            self._of_order.setdefault(request.order_id, []).append(known)
            if payment_terms(request.kind).page:
                known.status, known.due_ms = "waiting", now + self.page_ms(request.order_id)
            elif mood.takes_ms:
                self._tell(known, known.due_ms)
        elif not _same(known.request, request):
            return _OTHER
        standing = self._standing(known)
        return _VOIDED if isinstance(standing, Absent) else standing

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take what is held, or a part of it."""
        place, minor = (request.tenant, request.key), request.amount.amount_minor
        known = self.captures.get(place)
        if known is not None:
            same = (known.attempt.request.key, known.minor) == (request.authorisation_key, minor)
            return self._arrived(known) if same and not known.attempt.sale else _OTHER
        attempt = self.attempts.get((request.tenant, request.authorisation_key))
        if attempt is None:
            return _UNKNOWN
        self._up_to_date(attempt)
        if attempt.status == "voided":
            return _VOIDED
        if attempt.status == "expired":
            return _no(PaymentFailure.AUTHORISATION_EXPIRED)
        if attempt.status != "granted" or request.reference not in (None, attempt.reference):
            return _UNKNOWN
        if minor > attempt.held:
            return _TOO_MUCH
        return self._arrived(self._take(attempt, request.key, minor, self.mood.takes_ms))

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let go of what is held, and hold nothing under that key later."""
        place, source = (request.tenant, request.key), request.authorisation_key
        known = self.voids.get(place)
        if known is not None:
            return Succeeded() if known == source else _OTHER
        attempt = self.attempts.get((request.tenant, source))
        if attempt is not None:
            self._up_to_date(attempt)
            if attempt.status == "granted" and attempt.held == 0:
                return _TAKEN
            if attempt.status in ("granted", "pending", "waiting"):
                attempt.status = "voided"
        self.voids[place] = source
        self._voided.add((request.tenant, source))
        return Succeeded()

    async def refund(self, request: RefundRequest) -> GatewayOutcome:
        """Give money back that was taken."""
        place, minor = (request.tenant, request.key), request.amount.amount_minor
        if place in self.refunds:
            known = self.refunds[place][0]
            return self._back(place) if known == request else _OTHER
        payment = self._payments.get((request.tenant, request.payment_reference))
        if payment is None:
            return _UNPAID
        if minor > payment.minor - payment.given_back:
            return _OVER_REFUND
        payment.given_back += minor
        self.refunds[place] = (request, self.now_ms() + self.mood.takes_ms)
        self._refunded.setdefault(request.order_id, []).append(request.key)
        return self._back(place)

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say what became of the effect under a key."""
        place = (tenant, key)
        if place in self.attempts:
            return self._standing(self.attempts[place])
        if place in self.captures:
            return self._arrived(self.captures[place])
        if place in self.refunds:
            return self._back(place)
        return Succeeded() if place in self.voids else Absent()

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page of an attempt that waits for its customer."""
        attempt = self.attempts.get((tenant, key))
        if attempt is None:
            return None
        self._up_to_date(attempt)
        return PaymentPage(url=f"pay/{key[:8]}") if attempt.status == "waiting" else None

    def waiting_of(self, order_id: OrderId) -> Attempt | None:
        """Return the attempt of an order that waits on its page."""
        for attempt in self._of_order.get(order_id, ()):
            self._up_to_date(attempt)
            if attempt.status == "waiting":
                return attempt
        return None

    def settle(self, attempt: Attempt, *, good: bool) -> None:
        """Do what a customer does on the page: pay, or be declined."""
        self._decide(attempt, good=good, at_ms=self.now_ms())

    def let_go_by_hand(self, order_id: OrderId, *, known: Collection[str]) -> None:
        """Let go of what is held for an order, and give back what its ledger does not know of.

        Args:
            order_id: The order.
            known: Keys of the captures in its ledger, which are looked after there.
        """
        self.by_hand.add(order_id)
        for attempt in self._of_order.get(order_id, ()):
            self._up_to_date(attempt)
            if attempt.held or attempt.status in ("pending", "waiting"):
                attempt.status = "voided"
            self._voided.add((attempt.request.tenant, attempt.request.key))
            for payment in self._taken_of(attempt):
                if payment.key not in known:
                    payment.given_back = payment.minor

    def taken_for(self, order_id: OrderId) -> dict[str, Money]:
        """Return what was taken for an order, by the name of the payment."""
        return {
            self._name(payment): Money(payment.minor, attempt.request.amount.currency)
            for attempt in self._of_order.get(order_id, ())
            for payment in self._taken_of(attempt)
        }

    def arrived_of(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return the refunds of an order that have arrived, by key."""
        refunds = {key: self.refunds[tenant, key] for key in self._refunded.get(order_id, ())}
        return {key: asked.amount for key, (asked, at) in refunds.items() if at <= self.now_ms()}

    def take_in(self, tenant: TenantId, key: str) -> None:
        """Have a refund back that did not reach its customer; it can be made once more."""
        if (tenant, key) in self.refunds:
            request, _ = self.refunds[tenant, key]
            payment = self._payments[tenant, request.payment_reference]
            payment.given_back -= request.amount.amount_minor

    def book_of(self, order_id: OrderId) -> GatewayBook:
        """Return all that was moved for an order, and what is held."""
        mine = self._of_order.get(order_id, [])
        for attempt in mine:
            self._up_to_date(attempt)
        taken = {p.key: p.minor for each in mine for p in self._taken_of(each)}
        tenant = mine[0].request.tenant if mine else TenantId("")
        keys = self._refunded.get(order_id, ())
        return GatewayBook(
            captured=taken,
            refunded={key: self.refunds[tenant, key][0].amount.amount_minor for key in keys},
            held=sum(each.held for each in mine),
        )

    def _taken_of(self, attempt: Attempt) -> list[_Payment]:
        tenant = attempt.request.tenant
        return [self._payments[tenant, name] for name in attempt.payments]

    def _up_to_date(self, attempt: Attempt) -> None:
        if attempt.due_ms > self.now_ms():
            return
        if attempt.status == "pending":
            self._decide(attempt, good=not attempt.fails, at_ms=attempt.due_ms)
        elif attempt.status == "waiting" or (attempt.status == "granted" and attempt.held):
            attempt.status = "expired"

    def _decide(self, attempt: Attempt, *, good: bool, at_ms: int) -> None:
        attempt.status = "granted" if good else "declined"
        attempt.due_ms = at_ms + attempt.life_ms
        if good and attempt.sale:
            self._take(attempt, attempt.request.key, attempt.request.amount.amount_minor, 0)
        self._tell(attempt, at_ms)

    def _take(self, attempt: Attempt, key: str, minor: int, takes_ms: int) -> _Payment:
        payment = _Payment(
            attempt=attempt, key=key, minor=minor, arrives_ms=self.now_ms() + takes_ms
        )
        attempt.taken += minor
        tenant, name = attempt.request.tenant, self._name(payment)
        self._payments[tenant, name] = payment
        attempt.payments.append(name)
        if not attempt.sale:
            self.captures[tenant, key] = payment
        return payment

    def _tell(self, attempt: Attempt, at_ms: int) -> None:
        asked = attempt.request
        self.notices.append(
            Notice(tenant=asked.tenant, order_id=asked.order_id, key=asked.key, at_ms=at_ms)
        )

    def _standing(self, attempt: Attempt) -> GatewayOutcome:
        self._up_to_date(attempt)
        if attempt.status in ("waiting", "pending"):
            return Accepted()
        if attempt.status == "granted" or attempt.taken:
            return Succeeded(memory=attempt.memory)
        if attempt.status == "voided":
            return Absent()
        expired = attempt.status == "expired"
        return _no(
            PaymentFailure.AUTHORISATION_EXPIRED if expired else PaymentFailure.INSUFFICIENT_FUNDS
        )

    def _arrived(self, payment: _Payment) -> GatewayOutcome:
        if payment.arrives_ms > self.now_ms():
            return Accepted()
        return Succeeded(memory=((REFERENCE, self._name(payment)),))

    def _back(self, place: _Key) -> GatewayOutcome:
        return Succeeded() if self.refunds[place][1] <= self.now_ms() else Accepted()

    @staticmethod
    def _name(payment: _Payment) -> str:
        sale = payment.attempt.sale
        return payment.attempt.reference if sale else f"cap.{payment.key[:20]}"


def _same(one: AuthoriseRequest, other: AuthoriseRequest) -> bool:
    return (one.order_id, one.kind, one.amount) == (other.order_id, other.kind, other.amount)


def _no(failure: PaymentFailure) -> Rejected:
    return Rejected(code=failure, reason="the provider says no")
