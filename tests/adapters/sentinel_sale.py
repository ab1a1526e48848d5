"""A shop's life with secrets in every hand, told aloud: run as a process of its own.

As `tests.adapters.sentinel_story`, for goods: a card's token, the page of a payment, who gets the
parcel. Every call of a provider fails at first, with all of them in its words.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from attrs import frozen

from ordercore.app import (
    Caller,
    CheckOut,
    CheckPayment,
    GetPaymentPage,
    ListOrders,
    Placed,
    ReceiveStock,
    ReportDelivery,
    RetryPayment,
    SendBack,
    StockLevels,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order, Recipient
from ordercore.domain.payments import PaymentToken
from ordercore.domain.processes.retail import Basket, BasketLine
from ordercore.engine.saga import Unclear
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.errors import OrderCoreError
from ordercore.ports import AuthoriseRequest, GatewayOutcome, PaymentPage
from ordercore.testing.builders import TENANT
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import memory, sqlalchemy
from ordercore_adapters.crypto import AesGcmSealer, load_keyring
from tests.adapters.sentinels import OPERATOR, Host, Publisher, Sealer, Telling, told_here
from tests.unit.app.retail_shop import RULES

CUSTOMER = Caller.of(TENANT, "customer", idempotency_key="once")
CARRIER = Caller.of(TENANT, "post", role="carrier")
NO_PAGE_ENDS = timedelta(minutes=20)
"""Long enough for everything but a page that waits for the customer."""


@frozen(kw_only=True)
class SaleTelling(Telling):
    """What pays is secret; who gets the parcel belongs in few places."""

    token: str
    page: str
    name: str
    street: str
    mail: str

    @property
    def complaint(self) -> str:
        """Return words with everything in them."""
        told = (self.token, self.page, self.name, self.street, self.mail)
        return f"{self.trouble}: {' '.join(told)}"


class Provider:
    """A provider that fails at first, and writes down what it was handed."""

    def __init__(self, telling: SaleTelling, inner: Any) -> None:
        self._telling = telling
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)

        async def call(*args: Any, **named: Any) -> Any:
            self._telling.write("handed over", *args, *named.values())
            key = getattr(args[0], "key", "") if args else ""
            self._telling.first(f"{name} {key}")
            return await inner(*args, **named)

        return call


class Gateway(Provider):
    """A gateway whose pages have an address that only the customer should know.

    The first attempt with a token never arrives; of one on a page only the answer is lost.
    """

    async def authorise(self, request: AuthoriseRequest) -> GatewayOutcome:
        """Take the attempt."""
        self._telling.write("handed over", request)
        answer: GatewayOutcome = Unclear(reason="lost")
        if request.token is None:
            answer = await self._inner.authorise(request)
        self._telling.first(f"authorise {request.order_id}")
        return await self._inner.authorise(request) if request.token else answer

    async def page(self, tenant: str, key: str) -> PaymentPage | None:
        """Return the page."""
        self._telling.first(f"page {key}")
        page = await self._inner.page(tenant, key)
        return None if page is None else PaymentPage(url=f"{page.url}/{self._telling.page}")


class Shop(Host):
    """A host that sells goods."""

    def __init__(self, telling: SaleTelling) -> None:
        clock = ManualClock()
        self.telling = telling
        self.gateway = memory.InstantGateway()
        providers: dict[str, Any] = {
            "warehouse": memory.InstantWarehouse(),
            "carrier": memory.InstantCarrier(),
            "letters": memory.CollectedLetters(),
            "notifications": memory.CollectedNotifications(),
        }
        ports = sqlalchemy.ports(
            telling.url,
            worker_url=telling.worker_url,
            clock=clock,
            retail=RULES,
            sealer=Sealer(telling, AesGcmSealer(load_keyring())),
            publisher=Publisher(telling),
            gateway=Gateway(telling, self.gateway),
            **{name: Provider(telling, inner) for name, inner in providers.items()},
        )
        super().__init__(ports, clock)

    def check_out(self, payment: str, reference: str) -> Order:
        """Check a basket out; the first time, sealing its token fails."""
        telling = self.telling
        street = PostalAddress(lines=(telling.street,), postcode="10115", city="Bonn", country="DE")
        basket = Basket(
            reference=reference,
            customer=telling.mail,
            currency="EUR",
            payment=payment,
            lines=(BasketLine(sku="mug", quantity=1),),
            deliver_to=Recipient(name=telling.name, address=street),
        )
        token = PaymentToken(telling.token) if payment != "wallet" else None
        caller = Caller.of(TENANT, "customer", idempotency_key=reference)
        asked = CheckOut(caller=caller, basket=basket, token=token)
        for _ in range(2):
            try:
                placed = self.core.handle(asked)
            except RuntimeError:  # the host's own key store; its words are the host's to keep
                continue
            assert isinstance(placed, Placed), placed
            self.say(asked, basket, placed)
            return placed.order
        raise AssertionError("sealing never works")


def tell(telling: SaleTelling) -> None:
    """Go through a lost answer, another try, a page, a parcel and its return."""
    shop = Shop(telling)
    core = shop.core
    shop.say(core.handle(ReceiveStock(caller=OPERATOR, sku="mug", quantity=9)))
    lost = shop.check_out("credit_card", telling.reference)
    assert [each.item for each in drive(core.ports.vault.of_order(TENANT, lost.id))]
    if telling.leaky:  # what was stored is looked at before the provider has answered
        core.close()
        return
    shop.work(NO_PAGE_ENDS)
    assert shop.now(CUSTOMER, lost.id).state == "payment_expired", shop.now(CUSTOMER, lost.id)
    again = RetryPayment(caller=CUSTOMER, order_id=lost.id, token=PaymentToken(telling.token))
    shop.say(
        again, core.handle(again), core.handle(CheckPayment(caller=CUSTOMER, order_id=lost.id))
    )
    on_page = shop.check_out("wallet", "R-page")
    shop.work(NO_PAGE_ENDS)
    look = GetPaymentPage(caller=CUSTOMER, order_id=on_page.id)
    page = core.handle(look)
    assert page is not None
    assert page.url.endswith(telling.page)
    shop.say(look, page)
    attempt = on_page.balance.open_attempt
    assert attempt is not None
    shop.gateway.settle(TENANT, attempt.key)
    shop.say(core.handle(CheckPayment(caller=CUSTOMER, order_id=on_page.id)))
    shop.work(NO_PAGE_ENDS)
    for order in (lost, on_page):
        shop.say(core.handle(ReportDelivery(caller=CARRIER, order_id=order.id)))
    shop.say(core.handle(SendBack(caller=CUSTOMER, order_id=on_page.id, reason="too big")))
    shop.work(NO_PAGE_ENDS)
    _refused(shop)
    _everything_aloud(shop)
    states = {shop.now(CUSTOMER, lost.id).state, shop.now(CUSTOMER, on_page.id).state}
    assert states == {"completed", "returned"}, states
    core.close()


def _refused(shop: Shop) -> None:
    """Hand over a card's number instead of a token."""
    try:
        PaymentToken(shop.telling.card)
    except OrderCoreError as fault:
        logging.getLogger("host").exception("a card's number came in: %s", fault)
    else:
        raise AssertionError("a card's number is no token")


def _everything_aloud(shop: Shop) -> None:
    shop.say(shop.core.handle(StockLevels(caller=OPERATOR, skus=("mug",))))
    shop.say_all(CUSTOMER, shop.core.handle(ListOrders(caller=CUSTOMER, hidden=True)))


if __name__ == "__main__":
    told_here(SaleTelling, tell)
