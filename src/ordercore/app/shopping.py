"""Use cases of retail orders: check out, pay, and what carriers and cashiers report (R1-R3, R5)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from attrs import evolve, field, frozen
from attrs.validators import optional

from ordercore.app._asked import of_kind, usable_id, usable_text, yes_or_no
from ordercore.app._change import (
    OrderChange,
    load,
    remember,
    replay,
    response_record,
    rows_now,
)
from ordercore.app._looking_up import recipient_of
from ordercore.app._outstanding import make_outstanding_call
from ordercore.app._permitted import only_for
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app._requested import usable_basket, usable_payment
from ordercore.app._retail_payment_calls import seal_token
from ordercore.app._selling import SaleChange, change_sale
from ordercore.app.ordering import Placed
from ordercore.app.use_case import Caller
from ordercore.codec import fingerprint, to_plain
from ordercore.domain.delivery import SealedCredentials
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState, Role
from ordercore.domain.payments import PAYMENT_KINDS, Payment, PaymentKind, PaymentToken
from ordercore.domain.processes import RetailTurn, open_turn, retail
from ordercore.engine.audit import GENESIS
from ordercore.engine.saga import calls_due
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyKeyReused,
    LeaseLost,
    LockHeld,
    LocksAway,
    NotConfigured,
    StockShort,
)
from ordercore.kernel.ids import OrderId
from ordercore.kernel.party import SYSTEM
from ordercore.kernel.result import Refusal
from ordercore.ports import PaymentPage, Ports

__all__ = [
    "CheckOut",
    "CheckPayment",
    "ConfirmCash",
    "GetPaymentPage",
    "ProlongReservation",
    "ReportDelivery",
    "RetryPayment",
    "SendBack",
]

_CHECK_OUT = "check_out"
_SOMETIME = datetime.max.replace(tzinfo=UTC)
_a_token = optional(of_kind(PaymentToken))
_ON_BEHALF = (Role.CARRIER, Role.OPERATOR, Role.SYSTEM)


@frozen(kw_only=True)
class CheckOut:
    """Check out a basket: priced, reserved and stored in one, then paid as its kind says.

    A card is asked at once, and the answer is in the order that comes back; when it is not clear,
    the order waits and the answer is looked up. The same request again returns that order as it
    is by then.

    Attributes:
        token: What the provider charges; None where the customer pays otherwise.
    """

    caller: Caller = field(validator=of_kind(Caller))
    basket: retail.Basket = field(validator=usable_basket)
    token: PaymentToken | None = field(default=None, repr=False, validator=_a_token)

    async def run(self, ports: Ports) -> Placed | Refusal:
        """Check it out.

        Returns:
            The order, or a refusal with every finding: ``validation_failed``, ``price_changed``,
            ``token_missing``, or ``out_of_stock`` with what each article was short of; and where a
            saved address is named, ``no_such_address``, ``lookup_timed_out`` or
            ``lookup_unreachable``. Then nothing is stored.

        Raises:
            IdempotencyKeyReused: the reference or the key was used with other content.
            NotConfigured: the rules of retail orders name no seller.
        """
        basket = self.basket
        if ports.retail.seller is None:
            raise NotConfigured(port="retail.seller")
        digest = fingerprint(to_plain(basket))
        known = await self._known(ports, digest)
        if known is not None:
            return known
        addressed = await self._addressed(ports)
        if isinstance(addressed, Refusal):
            return addressed
        placed = await self._place(ports, addressed, digest)
        if isinstance(placed, Refusal) or placed.repeated:
            return placed
        if not PAYMENT_KINDS[PaymentKind(basket.payment)].by_gateway:
            return placed
        return Placed(order=await _ask_at_once(ports, placed.order), repeated=False)

    async def _addressed(self, ports: Ports) -> retail.Basket | Refusal:
        """Return the basket with its recipient, looked up before anything is begun."""
        place = self.basket.deliver_to
        if not isinstance(place, retail.SavedAddress):
            return self.basket
        found = await recipient_of(ports, self.caller, place)
        return found if isinstance(found, Refusal) else evolve(self.basket, deliver_to=found)

    async def _place(self, ports: Ports, basket: retail.Basket, digest: str) -> Placed | Refusal:
        caller = self.caller
        created = retail.check_out(
            basket, tenant=caller.tenant, order_id=OrderId(ports.ids.new()), rules=ports.retail
        )
        if isinstance(created, Refusal):
            return created
        turn = open_turn(
            ports.retail, None, at=ports.clock.now(), actor=caller.actor, draw=ports.ids.draw()
        )
        turn.record(created)
        refused = (
            retail.price_changed(basket, turn.order.total)
            or _token_missing(turn.order, self.token)
            or retail.open_order(turn)
        )
        if refused is not None:
            return refused
        sealed = await _sealed(ports, turn.order, self.token)
        batch = turn_to_batch(
            turn,
            chain=GENESIS,
            fingerprint=digest,
            extras=Extras(
                salt=ports.ids.new(),
                correlation_id=caller.correlation_id,
                idempotency=response_record(ports, caller, _CHECK_OUT, digest, turn.order),
                sealed=sealed,
            ),
        )
        try:
            await ports.store.commit(batch)
        except StockShort as short:
            return retail.short_of_stock(basket, short.shortages)
        except ConcurrencyConflict:
            # The same request came in at the same moment and was first: its order is the answer.
            first = await self._known(ports, digest)
            if first is None:
                raise
            return first
        return Placed(order=turn.order, repeated=False)

    async def _known(self, ports: Ports, digest: str) -> Placed | None:
        caller, reference = self.caller, self.basket.reference
        earlier = await replay(ports, caller, _CHECK_OUT, digest, Order)
        if earlier is not None:
            # The first answer was stored before the card was asked; what became of it counts.
            return Placed(order=(await load(ports, caller, earlier.id)).order, repeated=True)
        stored = await ports.orders.by_reference(caller.tenant, reference)
        if stored is None:
            return None
        if stored.fingerprint != digest:
            raise IdempotencyKeyReused(operation=_CHECK_OUT, key=reference)
        answer = await remember(ports, caller, _CHECK_OUT, digest, stored.order)
        return Placed(order=answer, repeated=True)


@frozen(kw_only=True)
class RetryPayment(OrderChange):
    """Let a customer whose payment failed or expired try once more; the stock comes first."""

    token: PaymentToken | None = field(default=None, repr=False, validator=_a_token)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Try again.

        Returns:
            The order, or a refusal: ``out_of_stock``, ``token_missing``, ``attempt_open`` while
            the last attempt is not settled, or ``too_many_attempts``.

        Raises:
            NotFound: there is no such order.
            TransitionNotAllowed: the order does not wait for a new attempt.
        """
        stored = await load(ports, self.caller, self.order_id)
        missing = _token_missing(stored.order, self.token)
        if missing is not None:
            return missing
        sealed = await _sealed(ports, stored.order, self.token)
        change = SaleChange(asked=self, operation="retry_payment", sealed=sealed)
        answer = await change_sale(ports, change, retail.retry_payment)
        return answer if isinstance(answer, Refusal) else await _ask_at_once(ports, answer)


@frozen(kw_only=True)
class ProlongReservation(OrderChange):
    """Keep unpaid goods reserved for a while longer: the customer is still at it."""

    async def run(self, ports: Ports) -> Order | Refusal:
        """Prolong it; nothing happens where nothing is reserved for a time."""

        def act(turn: RetailTurn) -> None:
            retail.prolong(turn)

        return await change_sale(ports, SaleChange(asked=self, operation="prolong"), act)


@frozen(kw_only=True)
class GetPaymentPage:
    """Ask where the customer pays; whoever has the answer may pay."""

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)

    async def run(self, ports: Ports) -> PaymentPage | None:
        """Return the page; None when there is none, or nothing is left to pay on it.

        Raises:
            NotFound: there is no such order in the caller's tenant.
        """
        order = (await load(ports, self.caller, self.order_id)).order
        attempt = order.balance.open_attempt
        if attempt is None or order.state != RetailState.AWAITING_PAYMENT:
            return None
        return await ports.gateway.page(order.tenant, attempt.key)


@frozen(kw_only=True)
class CheckPayment:
    """Find out now what became of the attempt to pay: the one way in for notices and redirects.

    A notice from the provider, a customer who comes back from a page, a look at the order: each is
    a reason to ask the provider, and none is believed. However many come at once, the answer is
    worked in once.
    """

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)

    async def run(self, ports: Ports) -> Order:
        """Ask, unless nothing is open, and return the order as it is then.

        Raises:
            NotFound: there is no such order in the caller's tenant.
        """
        order = (await load(ports, self.caller, self.order_id)).order
        return await _ask_at_once(ports, order)


@frozen(kw_only=True)
class ReportDelivery(OrderChange):
    """Record that the carrier has delivered the parcel. For carriers, operators and the system."""

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it; the order is complete if its money is there.

        Raises:
            TransitionNotAllowed: nothing is on its way.
        """
        refused = _reported(self.caller)
        if refused is not None:
            return refused
        change = SaleChange(asked=self, operation="report_delivery", actor=SYSTEM)
        return await change_sale(ports, change, retail.delivered)


@frozen(kw_only=True)
class ConfirmCash(OrderChange):
    """Record what was paid to whoever brought the parcel. For carriers, operators, the system."""

    payment: Payment = field(validator=usable_payment)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Record it; a payment reported twice changes nothing.

        What was paid for an order that is over by then goes straight back.

        Returns:
            The order, or a refusal: ``not_on_delivery``, ``amount_differs``,
            ``payment_reference_reused``, ``payment_of_another_order`` or ``not_permitted``.
        """
        refused = _reported(self.caller)
        if refused is not None:
            return refused
        payment = self.payment
        content = [payment.reference, payment.amount.amount_minor, payment.amount.currency]
        change = SaleChange(asked=self, operation="confirm_cash", content=content)
        return await change_sale(ports, change, lambda turn: retail.take_cash(turn, payment))


@frozen(kw_only=True)
class SendBack(OrderChange):
    """Take a parcel back: undeliverable, or returned within the return window.

    Attributes:
        undeliverable: The carrier says so: refused, or not to be delivered.
        lost: The carrier says so: the goods will not come back, and are not for sale again.
        reason: Why, for a person.
    """

    reason: str = field(validator=usable_text)
    undeliverable: bool = field(default=False, validator=yes_or_no)
    lost: bool = field(default=False, validator=yes_or_no)

    async def run(self, ports: Ports) -> Order | Refusal:
        """Take it back: goods to the shelf, money received to the customer, a credit note.

        Returns:
            The order, or a refusal: ``still_on_its_way``, ``return_window_closed``,
            ``not_permitted``.

        Raises:
            TransitionNotAllowed: nothing has left.
        """
        reason, undeliverable, lost = self.reason, self.undeliverable, self.lost
        refused = _reported(self.caller) if undeliverable or lost else None
        if refused is not None:
            return refused

        def act(turn: RetailTurn) -> Refusal | None:
            return retail.send_back(turn, undeliverable=undeliverable, reason=reason, lost=lost)

        content = [reason, undeliverable, *([lost] if lost else [])]
        return await change_sale(
            ports, SaleChange(asked=self, operation="send_back", content=content), act
        )


async def _ask_at_once(ports: Ports, order: Order) -> Order:
    """Make the call of an attempt now, where somebody waits for its answer or brings word of it."""
    attempt = order.balance.open_attempt
    if attempt is None:
        return order
    stored, sagas = await rows_now(ports, order.tenant, order.id)
    for saga in sagas:
        for call in calls_due(saga, _SOMETIME):
            if call.step == retail.AUTHORISE and call.effect_key == attempt.key:
                # Whoever holds the lock, or has overtaken us, is finding out the same; and while
                # there are no locks, the work waits.
                with suppress(LockHeld, LocksAway, LeaseLost):
                    await make_outstanding_call(ports, stored, saga.id, call, now=ports.clock.now)
                return (await rows_now(ports, order.tenant, order.id))[0].order
    return stored.order


def _token_missing(order: Order, token: PaymentToken | None) -> Refusal | None:
    if order.sale is None or token is not None or not _is_charged(order):
        return None
    reason = f"{order.sale.payment} needs a token of the provider"
    return Refusal(code="token_missing", reason=reason)


async def _sealed(
    ports: Ports, order: Order, token: PaymentToken | None
) -> SealedCredentials | None:
    """Return the token as it is kept; one that nobody is going to charge is not kept at all."""
    return await seal_token(ports, order, token) if _is_charged(order) else None


def _is_charged(order: Order) -> bool:
    sale = order.sale
    return sale is not None and PAYMENT_KINDS[sale.payment].synchronous and not order.total.is_zero


def _reported(caller: Caller) -> Refusal | None:
    return only_for(caller, *_ON_BEHALF, what="what carriers and cashiers report is")
