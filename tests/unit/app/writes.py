"""Every write there is, each with an order it can be made on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    RedeliverCredentials,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    UseCase,
)
from ordercore.domain.orders import Order
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from tests.unit.app.shop import CUSTOMER, OPERATOR, SYSTEM, Shop

KEY = "key-1"


Write = Callable[[Caller, OrderId, str], UseCase[Any]]


def keyed(caller: Caller) -> Caller:
    """Return the caller with the key of these tests."""
    return evolve(caller, idempotency_key=KEY)


def waiting(shop: Shop) -> Order:
    """Return an order that waits for its payment."""
    return shop.submit(shop.place())


def cancelled(shop: Shop) -> Order:
    """Return a cancelled order."""
    return shop.cancel(shop.place())


def fulfilled(shop: Shop) -> Order:
    """Return a fulfilled order."""
    order = shop.paid()
    shop.run()
    return order


WRITES: dict[str, tuple[Caller, Callable[[Shop], Order], Write]] = {
    "submit": (
        CUSTOMER,
        lambda shop: shop.place(),
        lambda caller, order_id, _: SubmitOrder(caller=caller, order_id=order_id),
    ),
    "cancel": (
        CUSTOMER,
        waiting,
        lambda caller, order_id, text: CancelOrder(caller=caller, order_id=order_id, reason=text),
    ),
    "restore": (
        OPERATOR,
        cancelled,
        lambda caller, order_id, text: RestoreOrder(caller=caller, order_id=order_id, reason=text),
    ),
    "confirm": (
        SYSTEM,
        waiting,
        lambda caller, order_id, text: ConfirmPayment(
            caller=caller, order_id=order_id, reference=text, amount=Money(1000, "EUR")
        ),
    ),
    "revert": (
        OPERATOR,
        lambda shop: shop.paid(),
        lambda caller, order_id, text: RevertPayment(caller=caller, order_id=order_id, reason=text),
    ),
    "redeliver": (
        CUSTOMER,
        fulfilled,
        lambda caller, order_id, _: RedeliverCredentials(caller=caller, order_id=order_id),
    ),
}
