"""What shoppers and the people of a shop ask for, by the actions of their scripts."""

from __future__ import annotations

from typing import Any

from ordercore.app import (
    AdjustStock,
    Caller,
    CancelOrder,
    CheckOut,
    CheckPayment,
    GetPaymentPage,
    ProlongReservation,
    ReceiveStock,
    RepriceOrder,
    ResendLetter,
    RetryPayment,
    SendBack,
)
from ordercore.app.use_case import UseCase
from ordercore.domain.orders import RepriceReason
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind, PaymentToken
from ordercore.domain.processes.retail import PriceCut
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.testing.simulation.sales import Delivery, SaleScript, basket_of
from ordercore.testing.simulation.script import Action, ActionKind
from ordercore.testing.simulation.service_requests import look
from ordercore.testing.simulation.world import World

__all__ = ["delivery_request", "shop_request"]


def shop_request(
    world: World, script: SaleScript, action: Action, key: str | None
) -> UseCase[Any] | None:
    """Return what is asked; None while what it is about is not known."""
    kind = action.kind
    role = action.by if action.by in ("customer", "operator") else "customer"
    caller = Caller.of(script.tenant, f"{script.tag}.{role}", role=role, idempotency_key=key)
    if kind in (ActionKind.CHECK_OUT, ActionKind.CLASH):
        basket = basket_of(script, other=kind is ActionKind.CLASH)
        return CheckOut(caller=caller, basket=basket, token=_token(script, action))
    order_id = world.placed.get(script.tag)
    if order_id is None:
        return None
    return _about(world, script, action, caller, order_id)


def _about(
    world: World, script: SaleScript, action: Action, caller: Caller, order_id: OrderId
) -> UseCase[Any] | None:
    match action.kind:
        case ActionKind.PAY_PAGE:
            return _on_page(world, caller, order_id, action)
        case ActionKind.CHECK:
            return CheckPayment(caller=caller, order_id=order_id)
        case ActionKind.RETRY:
            return RetryPayment(caller=caller, order_id=order_id, token=_token(script, action))
        case ActionKind.PROLONG:
            return ProlongReservation(caller=caller, order_id=order_id)
        case _:
            return _afterwards(world, action, caller, order_id)


def _afterwards(world: World, action: Action, caller: Caller, order_id: OrderId) -> UseCase[Any]:
    match action.kind:
        case ActionKind.CANCEL:
            return CancelOrder(caller=caller, order_id=order_id, reason="changed my mind")
        case ActionKind.RESEND:
            return ResendLetter(caller=caller, order_id=order_id, letter=action.letter)
        case ActionKind.REPRICE:
            return _cheaper(world, caller, order_id, action)
        case ActionKind.SEND_BACK:
            return SendBack(caller=caller, order_id=order_id, reason="not what I thought")
        case _:
            return look(caller, order_id, action)


def delivery_request(delivery: Delivery) -> UseCase[Any]:
    """Return how goods that came in, or a count that differs, are put down."""
    caller = Caller.of(
        delivery.tenant, "storekeeper", role="operator", idempotency_key=f"{delivery.tag}.goods"
    )
    if delivery.quantity < 0:
        return AdjustStock(
            caller=caller, sku=delivery.sku, quantity=delivery.quantity, reason="broken"
        )
    return ReceiveStock(caller=caller, sku=delivery.sku, quantity=delivery.quantity)


def _on_page(
    world: World, caller: Caller, order_id: OrderId, action: Action
) -> UseCase[Any] | None:
    """Do what the customer does on the page; then they come back, or are never seen again."""
    at_page = world.gateway.waiting_of(order_id)
    if at_page is None:
        return None
    world.gateway.settle(at_page, good=action.card == "good")
    world.carry_notices()
    if action.by == "away":
        return GetPaymentPage(caller=caller, order_id=order_id)
    return CheckPayment(caller=caller, order_id=order_id)


def _cheaper(world: World, caller: Caller, order_id: OrderId, action: Action) -> UseCase[Any]:
    order = world.watch.rows[order_id].order
    line = order.items[action.line % len(order.items)].id
    off = Money(action.off_minor, order.currency)
    cut = PriceCut(item=line, off=off) if action.off_minor else PriceCut(item=line, to=off)
    return RepriceOrder(
        caller=caller, order_id=order_id, lines=(cut,), why=RepriceReason.GOODWILL, note="a scratch"
    )


def _token(script: SaleScript, action: Action) -> PaymentToken | None:
    if not PAYMENT_KINDS[PaymentKind(script.payment)].synchronous:
        return None
    return PaymentToken(f"{action.card} {script.tag}")
