"""What customers do, the same for pages and for programs: buy once, and find what is theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

from attrs import field, frozen

from examples.retail_shop.goods import CURRENCY
from examples.retail_shop.shop import TENANT, Shop
from ordercore import Basket, BasketLine, CheckOut, Order, Refusal, SavedAddress
from ordercore.domain.orders import Recipient
from ordercore.domain.orders.lifecycles import RETAIL, RetailTrigger, Role
from ordercore.domain.payments import PaymentToken
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import derive_key
from ordercore.ports import Ports, User

__all__ = ["Wanted", "buy_once", "may", "order_of", "orders_of"]


@frozen(kw_only=True)
class Wanted:
    """What somebody wants to buy."""

    payment: str
    lines: tuple[BasketLine, ...]
    deliver_to: Recipient | SavedAddress = field(repr=False)
    token: PaymentToken | None = field(default=None, repr=False)
    shown_total_minor: int | None = None

    @property
    def fingerprint(self) -> str:
        """Digest of everything in it."""
        content = [
            self.payment,
            [[line.sku, line.quantity] for line in self.lines],
            _whereto(self.deliver_to),
            self.token.value if self.token else None,
            self.shown_total_minor,
        ]
        return sha256(json.dumps(content).encode("utf-8", "surrogatepass")).hexdigest()


def _whereto(place: Recipient | SavedAddress) -> list[str]:
    if isinstance(place, SavedAddress):
        return [place.entry]
    address = place.address
    return [place.name, *address.lines, address.postcode, address.city, address.country]


def buy_once(
    shop: Shop, user: User, key: str, wanted: Wanted, render: Callable[[Order], str]
) -> str | Refusal:
    """Check out, unless the same request did so before.

    Args:
        shop: Where.
        user: Who buys.
        key: What makes it the same request; the user's own.
        wanted: What.
        render: Makes the answer of an order, which is then given to every repetition.

    Returns:
        The answer, or a refusal; then nothing is stored, and the key is free again.

    Raises:
        IdempotencyKeyReused: the key was used for something else.
        IdempotencyInFlight: the request is being carried out at this moment.
    """
    now = shop.clock.now()
    begun = shop.purchases.begin(user.id, key, fingerprint=wanted.fingerprint, now=now)
    if begun.answer is not None:
        return begun.answer
    basket = Basket(
        reference=begun.reference,
        customer=user.login,
        currency=CURRENCY,
        payment=wanted.payment,
        lines=wanted.lines,
        deliver_to=wanted.deliver_to,
        shown_total_minor=wanted.shown_total_minor,
    )
    caller = shop.caller(user, key=derive_key(user.id, key))
    try:
        placed = shop.core.handle(CheckOut(caller=caller, basket=basket, token=wanted.token))
        if not isinstance(placed, Refusal):
            answer = render(placed.order)
            shop.purchases.finish(user.id, key, answer)
            return answer
    except BaseException:
        # It may have got anywhere; the same request again goes on from there.
        shop.purchases.stop(user.id, key)
        raise
    shop.purchases.forget(user.id, key)
    return placed


@frozen(kw_only=True)
class _ByReference:
    """Look at the order with a number, if there is one."""

    reference: str

    async def run(self, ports: Ports) -> Order | None:
        stored = await ports.orders.by_reference(TENANT, self.reference)
        return stored.order if stored else None


def order_of(shop: Shop, user: User, reference: str) -> Order:
    """Return a user's order.

    Raises:
        NotFound: there is none, or it is somebody else's, which nobody is told.
    """
    order = shop.core.handle(_ByReference(reference=reference))
    if order is None or order.customer != user.login:
        raise NotFound(kind="order", id=reference)
    return order


def orders_of(shop: Shop, user: User) -> tuple[Order, ...]:
    """Return a user's orders, newest first."""
    found = (
        shop.core.handle(_ByReference(reference=reference))
        for reference in shop.purchases.references(user.id)
    )
    return tuple(order for order in found if order is not None)


def may(order: Order, trigger: RetailTrigger) -> bool:
    """Return whether a customer may ask for this now, going by the lifecycle's table."""
    return any(
        row.trigger == trigger and row.source == order.state and Role.CUSTOMER in row.who
        for row in RETAIL.rows
    )
