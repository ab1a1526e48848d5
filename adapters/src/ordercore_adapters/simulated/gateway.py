"""A payment gateway that takes payments and gives them back, and keeps its own books about it.

It never pays the same key twice and never gives back more than was paid, counting refunds that are
still on their way. Money is paid in by a customer, or held for an order first and then captured;
what was captured is a payment like any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ordercore.domain.payments import PaymentFailure
from ordercore.engine.saga import Absent, Accepted, Rejected, Succeeded
from ordercore.kernel.errors import IdempotencyKeyReused, InvalidInput
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    AuthoriseRequest,
    CaptureRequest,
    Clock,
    GatewayOutcome,
    PaymentPage,
    RefundOutcome,
    RefundRequest,
    VoidRequest,
)
from ordercore_adapters.simulated._calls import Call, Desk
from ordercore_adapters.simulated.books import Books, note_call, number_of_call
from ordercore_adapters.simulated.faults import FAULT_FREE, FaultPlan
from ordercore_adapters.simulated.gateway_books import (
    PAYMENT_BOOKS,
    authorisation,
    bring_up_to_date,
    held,
)
from ordercore_adapters.simulated.gateway_pages import Pages
from ordercore_adapters.simulated.gateway_payments import (
    authorise,
    capture,
    is_other_effect,
    standing_of,
    void,
)
from ordercore_adapters.simulated.gateway_webhooks import Webhooks

__all__ = ["SimulatedGateway"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    tenant TEXT NOT NULL,
    reference TEXT NOT NULL,
    key TEXT NOT NULL,
    order_reference TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, reference),
    UNIQUE (tenant, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refunds (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_reference TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    paid_at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refunds_of_payment ON refunds (tenant, payment_reference);
"""
_NO_CAPTURE = Rejected(code=PaymentFailure.DECLINED, reason="the issuer said no")
_CLOSED = Rejected(code="account_closed", reason="the account the money came from is closed")
_UNKNOWN_PAYMENT = Rejected(code="unknown_payment", reason="there is no such payment")
_OTHER_REFUND = Rejected(code="key_reused", reason="the key stands for another refund")
_NO_AMOUNT = Rejected(code="invalid_amount", reason="only amounts above zero are given back")
_TOO_MUCH = Rejected(code="over_refund", reason="more than is left of the payment")


class SimulatedGateway:
    """A `PaymentsPort` and a `GatewayPort` that never suspends, with a file of its own.

    Attributes:
        books: What really was held, paid and given back, and every call.
        pages: Where customers pay.
        webhooks: The notices about payments, to be fetched.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _SCHEMA + PAYMENT_BOOKS)
        self.pages = Pages(self.books, faults=faults, clock=clock)
        self.webhooks = Webhooks(self.books, faults=faults, clock=clock)
        self._desk = Desk(self.books, faults, clock)
        self._faults = faults
        self._clock = clock

    def pay(
        self,
        key: str,
        tenant: TenantId,
        order_reference: str,
        amount: Money,
        *,
        reference: str | None = None,
    ) -> str:
        """Take a customer's payment, once per key, and return its reference.

        This is the customer's side and not part of a port; it never fails by plan.

        Args:
            key: The same key never pays twice.
            tenant: Whose customer pays.
            order_reference: What the customer says it is for.
            amount: How much.
            reference: The gateway's number of the payment; derived from the key when not given.

        Raises:
            InvalidInput: the amount is negative, or the reference is taken.
            IdempotencyKeyReused: the key was used for another payment.
        """
        if amount.amount_minor < 0:
            raise InvalidInput(field="amount", problem=f"got {amount}", allowed="zero or more")
        digest = sha256(f"{tenant}\x1f{key}".encode()).hexdigest()
        number = reference or f"pay-{digest[:24]}"
        wanted = (order_reference, amount.amount_minor, amount.currency)
        with self.books.transaction() as db:
            earlier = db.execute(
                "SELECT reference, order_reference, amount_minor, currency FROM payments "
                "WHERE tenant = ? AND key = ?",
                (tenant, key),
            ).fetchone()
            if earlier is not None and earlier[1:] != wanted:
                raise IdempotencyKeyReused(operation="pay", key=key)
            at, attempt = self._clock.now(), number_of_call(db, tenant, "pay", key)
            note_call(db, tenant, "pay", key, attempt, at=at, answer="succeeded")
            if earlier is not None:
                return str(earlier[0])
            try:
                db.execute(
                    "INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (tenant, number, key, *wanted, format_instant(at)),
                )
            except sqlite3.IntegrityError:
                raise InvalidInput(field="reference", problem=f"{number!r} is taken") from None
        return number

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Hold or take the money once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._do("authorise", request, lambda call: authorise(call, request, self._faults))

    async def capture(self, request: CaptureRequest) -> GatewayOutcome:
        """Take held money once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._do(
            "capture", request, lambda call: capture(call, request, self._faults), no=_NO_CAPTURE
        )

    async def void(self, request: VoidRequest) -> GatewayOutcome:
        """Let go of held money, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._do("void", request, lambda call: void(call, request, self._faults))

    async def find(self, tenant: TenantId, key: str) -> GatewayOutcome:
        """Say what became of the effect under ``key``, whichever it is.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: self._found(call, tenant, key),
            tenant=tenant,
            kind="find_payment",
            key=key,
            busy=None,
        )

    async def page(self, tenant: TenantId, key: str) -> PaymentPage | None:
        """Return the page of an attempt that waits for its customer."""
        return self.pages.page(tenant, key)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _give_back(call, request),
            tenant=request.tenant,
            kind="refund",
            key=request.key,
            busy="gateway_busy",
            no=_CLOSED,
        )

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Say what became of the refund under ``key``.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _standing(call, tenant, key),
            tenant=tenant,
            kind="find_refund",
            key=key,
            busy=None,
        )

    def held(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return what is held for an order right now, by the key of the attempt."""
        with self.books.transaction() as db:
            bring_up_to_date(db, self._faults, self._clock.now())
            keys = db.execute(
                "SELECT key FROM authorisations WHERE tenant = ? AND order_id = ?",
                (tenant, order_id),
            ).fetchall()
            found = (authorisation(db, tenant, key) for (key,) in keys)
            left = {attempt.key: held(db, attempt) for attempt in found if attempt is not None}
        return {key: amount for key, amount in left.items() if amount.is_positive}

    def taken(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return what was captured for an order, by the key it was asked under."""
        with self.books.transaction() as db:
            bring_up_to_date(db, self._faults, self._clock.now())
        return self._by_key(
            "SELECT key, amount_minor, currency FROM captures WHERE tenant = ? AND order_id = ?",
            tenant,
            order_id,
        )

    def given_back(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return what was given back for an order, by key."""
        return self._by_key(
            "SELECT key, amount_minor, currency FROM refunds WHERE tenant = ? AND order_id = ?",
            tenant,
            order_id,
        )

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()

    def _do(
        self,
        kind: str,
        request: AuthoriseRequest | CaptureRequest | VoidRequest,
        work: Callable[[Call], GatewayOutcome],
        *,
        no: Rejected | None = None,
    ) -> GatewayOutcome:
        def up_to_date(call: Call) -> GatewayOutcome:
            bring_up_to_date(call.db, self._faults, call.at)
            return work(call)

        return self._desk.take(
            up_to_date,
            tenant=request.tenant,
            kind=kind,
            key=request.key,
            busy=PaymentFailure.GATEWAY_DOWN,
            no=no,
            unclear=PaymentFailure.GATEWAY_TIMEOUT,
        )

    def _by_key(self, query: str, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        rows = self.books.rows(query, (tenant, order_id))
        return {str(key): Money(int(str(minor)), str(unit)) for key, minor, unit in rows}

    def _found(self, call: Call, tenant: TenantId, key: str) -> GatewayOutcome:
        bring_up_to_date(call.db, self._faults, call.at)
        outcome = standing_of(call, tenant, key)
        return _standing(call, tenant, key) if isinstance(outcome, Absent) else outcome


def _give_back(call: Call, request: RefundRequest) -> RefundOutcome:
    earlier = call.db.execute(
        "SELECT payment_reference, amount_minor, currency FROM refunds "
        "WHERE tenant = ? AND key = ?",
        (request.tenant, request.key),
    ).fetchone()
    amount, currency = request.amount.amount_minor, request.amount.currency
    if earlier is not None:
        same = earlier == (request.payment_reference, amount, currency)
        return _standing(call, request.tenant, request.key) if same else _OTHER_REFUND
    if is_other_effect(call, request.tenant, request.key, "refunds"):
        return _OTHER_REFUND
    if amount <= 0:
        return _NO_AMOUNT
    left = _left(call.db, request.tenant, request.payment_reference)
    if left is None or left.currency != currency:
        return _UNKNOWN_PAYMENT
    if amount > left.amount_minor:
        return _TOO_MUCH
    call.db.execute(
        "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.tenant,
            request.key,
            request.order_id,
            request.payment_reference,
            amount,
            currency,
            format_instant(call.at),
            format_instant(call.due_at),
        ),
    )
    return Accepted() if call.due_at > call.at else Succeeded()


def _standing(call: Call, tenant: str, key: str) -> RefundOutcome:
    row = call.db.execute(
        "SELECT paid_at FROM refunds WHERE tenant = ? AND key = ?", (tenant, key)
    ).fetchone()
    if row is None:
        return Absent()
    return Succeeded() if row[0] <= format_instant(call.at) else Accepted()


def _left(db: sqlite3.Connection, tenant: str, reference: str) -> Money | None:
    row = db.execute(
        "SELECT amount_minor, currency FROM payments WHERE tenant = ? AND reference = ?",
        (tenant, reference),
    ).fetchone()
    if row is None:
        return None
    given = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) FROM refunds "
        "WHERE tenant = ? AND payment_reference = ?",
        (tenant, reference),
    ).fetchone()
    return Money(row[0] - given[0], row[1])
