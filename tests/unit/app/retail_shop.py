"""A shop for goods to test with, under both faces: mugs and tea, and a script for everybody else.

`violations_at_rest` is what every story ends with.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from ordercore.app import (
    AsyncOrderCore,
    Caller,
    CancelOrder,
    CheckOut,
    CheckPayment,
    CloseDeadLetter,
    ConfirmCash,
    GetPaymentPage,
    OrderCore,
    Placed,
    ReceiveStock,
    ReportDelivery,
    RepriceOrder,
    RetryPayment,
    SendBack,
    UseCase,
    WorkOnce,
)
from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.inventory import StockLevel
from ordercore.domain.orders import Order, Recipient
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PAYMENT_KINDS, Payment, PaymentKind, PaymentToken
from ordercore.domain.processes import RetailRules
from ordercore.domain.processes.overdue import NO_SAGA
from ordercore.domain.processes.retail import (
    Basket,
    BasketLine,
    PriceCut,
)
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.errors import OrderCoreError
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import PaymentPage
from tests.unit.app.retail_at_rest import violations_at_rest
from tests.unit.app.retail_providers import Depot, Haulier, Mailbox, Till
from tests.unit.app.shop import CUSTOMER, OPERATOR, TENANT, Face, Shop

__all__ = [
    "ADDRESS",
    "CARRIER",
    "MUGS_AND_TEA",
    "RULES",
    "TOKEN",
    "TOTAL",
    "Store",
    "a_basket",
    "lines",
]

CARRIER = Caller.of(TENANT, "post", role="carrier")
SECRET_TOKEN = "tok_9f3c-of-a-card"
TOKEN = PaymentToken(SECRET_TOKEN)
ADDRESS = PostalAddress(lines=("Lime Street 7",), postcode="10115", city="Berlin", country="DE")
MAIL = "ann.sentinel@example.org"
SELLER = Party(
    name="Shop GmbH",
    address=PostalAddress(lines=("High Road 1",), postcode="20095", city="Hamburg", country="DE"),
    vat_id="DE123456789",
)


def _article(sku: str, cents: int, vat: int) -> Article:
    return Article(sku=sku, name=sku.title(), unit_price=Money(cents, "EUR"), vat_basis_points=vat)


RULES = RetailRules(
    assortment=Assortment(
        version="1",
        articles=(_article("mug", 1000, 1900), _article("tea", 355, 700), _article("card", 0, 0)),
    ),
    seller=SELLER,
)
MUGS_AND_TEA = (("mug", 2), ("tea", 3))
TOTAL = Money(2000 + 380 + 1065 + 75, "EUR")
"""Two mugs with 19 percent and three packs of tea with 7."""


def lines(*wanted: tuple[str, int]) -> tuple[BasketLine, ...]:
    """Return the lines of a basket."""
    return tuple(BasketLine(sku=sku, quantity=quantity) for sku, quantity in wanted)


def a_basket(
    payment: str = "credit_card",
    wanted: tuple[tuple[str, int], ...] = MUGS_AND_TEA,
    **changes: Any,
) -> Basket:
    """Return a basket that nothing is wrong with."""
    basket = Basket(
        reference="R-1",
        customer=MAIL,
        currency="EUR",
        payment=payment,
        lines=lines(*wanted),
        deliver_to=Recipient(name="Ann Sentinel", address=ADDRESS),
    )
    return evolve(basket, **changes)


class Store(Shop):
    """Ports, scripted providers and a face, with short words for what tests do most."""

    def __init__(
        self, face: Face = Face.SYNC, *, selling: RetailRules = RULES, stocked: bool = True
    ) -> None:
        super().__init__(face, retail=selling)
        self.till, self.depot = Till(self.script), Depot(self.script)
        self.haulier, self.mailbox = Haulier(self.script), Mailbox(self.script)
        self.ports = evolve(
            self.ports,
            gateway=self.till,
            warehouse=self.depot,
            carrier=self.haulier,
            letters=self.mailbox,
        )
        if stocked:
            self.receive("mug", 5)
            self.receive("tea", 10)
            self.receive("card", 100)

    def receive(self, sku: str, quantity: int) -> None:
        """Put goods on the shelf."""
        self.handle(ReceiveStock(caller=OPERATOR, sku=sku, quantity=quantity))

    def at_once(self, *asked: UseCase[Any]) -> list[Any]:
        """Carry out several use cases at once where the face can; faults come as values."""
        if self.face is Face.SYNC:
            return [self._told(each) for each in asked]
        if self._runner is None:
            self._runner = asyncio.Runner()
        core = AsyncOrderCore(self.suspending())

        async def together() -> list[Any]:
            return await asyncio.gather(*map(core.handle, asked), return_exceptions=True)

        return self._runner.run(together())

    def _told(self, asked: UseCase[Any]) -> Any:
        try:
            return OrderCore(self.ports).handle(asked)
        except OrderCoreError as fault:
            return fault

    # -- what customers, carriers and operators do ------------------------------------------------

    def check_out(
        self, payment: str = "credit_card", *, caller: Caller = CUSTOMER, **changes: Any
    ) -> Placed | Refusal:
        """Check a basket out, whatever comes of it."""
        token = changes.pop("token", _token_for(payment))
        basket = a_basket(payment, **changes)
        return self.handle(CheckOut(caller=caller, basket=basket, token=token))

    def bought(self, payment: str = "credit_card", **changes: Any) -> Order:
        """Check a basket out that nothing is wrong with."""
        placed = self.check_out(payment, **changes)
        assert isinstance(placed, Placed), placed
        return placed.order

    def confirmed(self, payment: str = "credit_card", **changes: Any) -> Order:
        """Check out, and pay on the page where there is one."""
        order = self.bought(payment, **changes)
        if order.state == S.AWAITING_PAYMENT:
            self.pay_page(order)
            order = self.check(order)
        assert order.state == S.CONFIRMED, order.state
        return order

    def sold(self, payment: str = "credit_card", *, to: str = S.SHIPPED, **changes: Any) -> Order:
        """Sell a basket, and go on until it has left, or as far as a state on the way there."""
        order = self.confirmed(payment, **changes)
        self.settle()
        order = self.order(order)
        assert order.state == to, order.state
        return order

    def pay_page(self, order: Order) -> bool:
        """Pay on the page of the newest attempt; False when it is closed."""
        return self.till.pay(order.tenant, self.order(order).balance.attempts[-1].key)

    def page(self, order: Order) -> PaymentPage | None:
        """Ask for the page."""
        return self.handle(GetPaymentPage(caller=CUSTOMER, order_id=order.id))

    def check(self, order: Order) -> Order:
        """Ask what became of the payment, as for a notice."""
        return self.handle(CheckPayment(caller=CUSTOMER, order_id=order.id))

    def retry(self, order: Order, token: PaymentToken | None = TOKEN) -> Order | Refusal:
        """Try to pay once more."""
        return self.handle(RetryPayment(caller=CUSTOMER, order_id=order.id, token=token))

    def deliver(self, order: Order) -> Order | Refusal:
        """Report the delivery."""
        return self.handle(ReportDelivery(caller=CARRIER, order_id=order.id))

    def cash(
        self, order: Order, reference: str = "cash-1", amount: Money | None = None, **more: Any
    ) -> Order | Refusal:
        """Report cash."""
        return self.handle(self.cash_asked(order, reference, amount, **more))

    def cash_asked(
        self, order: Order, reference: str, amount: Money | None = None, caller: Caller = CARRIER
    ) -> ConfirmCash:
        """Return the report of cash, to be handed in later."""
        payment = Payment(reference=reference, amount=amount or order.total, at=self.clock.now())
        return ConfirmCash(caller=caller, order_id=order.id, payment=payment)

    def send_back(self, order: Order, *, caller: Caller = CUSTOMER, **how: bool) -> Order | Refusal:
        """Send the parcel back."""
        return self.handle(SendBack(caller=caller, order_id=order.id, reason="not liked", **how))

    def reprice(self, order: Order, *cuts: PriceCut, **more: Any) -> Order | Refusal:
        """Lower what lines cost, as an operator does."""
        asked = {"caller": OPERATOR, "why": "goodwill", "note": "late", **more}
        return self.handle(RepriceOrder(order_id=order.id, lines=cuts, **asked))

    def close_letter(self, letter: DeadLetter, how: str = "retried") -> None:
        """Close a dead letter, as an operator does."""
        closed = self.handle(
            CloseDeadLetter(
                caller=OPERATOR, letter_id=letter.id, how=DeadLetterStatus(how), note="by hand"
            )
        )
        assert isinstance(closed, DeadLetter), closed

    def help_out(self) -> None:
        """Have every parked step tried again, and see to what only waits for somebody to look."""
        for letter in self.letters():
            self.close_letter(letter, "resolved" if letter.saga_id == NO_SAGA else "retried")

    def try_to_cancel(self, order: Order) -> Order | Refusal:
        """Ask to cancel, whatever comes of it."""
        return self.handle(CancelOrder(caller=CUSTOMER, order_id=order.id, reason="not needed"))

    def retry_or_fault(self, order: Order) -> Order | Refusal | OrderCoreError:
        """Try to pay once more; a fault comes as a value."""
        try:
            return self.retry(order)
        except OrderCoreError as fault:
            return fault

    def work_a_little(self, pieces: int) -> None:
        """Do so many pieces of work, or all that is due."""
        for _ in range(pieces):
            self.handle(WorkOnce())

    def settle(self, for_: timedelta = timedelta(hours=2)) -> None:
        """Work through the next hours, to their end."""
        until = self.clock.now() + for_
        self.run(until=until, limit=3000)
        self.clock.set(until)

    # -- looking ----------------------------------------------------------------------------------

    def level(self, sku: str) -> StockLevel:
        """Return how much there is."""
        return self.tables.of(TENANT).stock[sku]

    def available(self) -> dict[str, int]:
        """Return what can still be sold."""
        return {sku: self.level(sku).available for sku in ("mug", "tea")}

    def on_hand(self) -> dict[str, int]:
        """Return what is on the shelf."""
        return {sku: self.level(sku).on_hand for sku in ("mug", "tea")}

    def reserved_until(self, order: Order) -> datetime | None:
        """Return until when its goods are held."""
        sale = self.order(order).sale
        assert sale is not None
        return sale.reserved_until

    def kinds(self, order: Order) -> list[str]:
        """Return the kinds of its audit records but for those of its sagas."""
        return [r.kind for r in self.history(order) if not r.kind.startswith("saga.")]

    def written(self, order: Order) -> list[str]:
        """Return what the customer was written about, notifications after letters."""
        notes = [n.kind for n in self.post.notes.values() if n.order_id == order.id]
        return self.mailbox.kinds(order.id) + notes

    def violations_at_rest(self, order: Order, *, by_hand: bool = False) -> list[str]:
        """Return every law that a settled order breaks; ``by_hand`` where an operator helped."""
        return violations_at_rest(self, order, by_hand=by_hand)


def _token_for(payment: str) -> PaymentToken | None:
    known = payment in tuple(PaymentKind)
    return TOKEN if known and PAYMENT_KINDS[PaymentKind(payment)].synchronous else None
