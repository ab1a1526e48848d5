"""What customers and operators of services ask for, by the actions of their scripts."""

from __future__ import annotations

from typing import Any

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    GetOrder,
    PlaceOrder,
    RedeliverCredentials,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    TenantStats,
    VerifyAudit,
    WithdrawOrder,
)
from ordercore.app.use_case import UseCase
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.testing.simulation.script import Action, ActionKind, OrderScript, order_request
from ordercore.testing.simulation.world import World

__all__ = ["look", "service_request"]


def service_request(
    world: World, script: OrderScript, action: Action, key: str | None
) -> UseCase[Any] | None:
    """Return what is asked; None while the order it is about is not known."""
    kind = action.kind
    role = {ActionKind.PAY: "system", ActionKind.REVERT: "operator"}.get(kind, action.by)
    caller = Caller.of(script.tenant, f"{script.tag}.{role}", role=role, idempotency_key=key)
    if kind in (ActionKind.PLACE, ActionKind.CLASH):
        other = kind is ActionKind.CLASH
        return PlaceOrder(caller=caller, request=order_request(script, other=other))
    order_id = world.placed.get(script.tag)
    if order_id is None:
        return None
    if kind is ActionKind.PAY:
        return _payment(world, script, action, caller, order_id)
    return _about(caller, order_id, action)


def _about(caller: Caller, order_id: OrderId, action: Action) -> UseCase[Any]:
    match action.kind:
        case ActionKind.SUBMIT:
            return SubmitOrder(caller=caller, order_id=order_id)
        case ActionKind.CANCEL:
            return CancelOrder(caller=caller, order_id=order_id, reason="changed my mind")
        case ActionKind.REVERT:
            return RevertPayment(caller=caller, order_id=order_id, reason="charged back")
        case ActionKind.RESTORE:
            return RestoreOrder(caller=caller, order_id=order_id, reason="wants it after all")
        case ActionKind.WITHDRAW:
            return WithdrawOrder(caller=caller, order_id=order_id, reason="no need")
        case ActionKind.REDELIVER:
            return RedeliverCredentials(caller=caller, order_id=order_id)
        case _:
            return look(caller, order_id, action)


def look(caller: Caller, order_id: OrderId, action: Action) -> UseCase[Any]:
    """Return a question of somebody who only looks."""
    if action.at_ms % 3 == 0:
        return TenantStats(caller=caller)
    if action.at_ms % 3 == 1:
        return VerifyAudit(caller=caller, order_id=order_id)
    return GetOrder(caller=caller, order_id=order_id)


def _payment(
    world: World, script: OrderScript, action: Action, caller: Caller, order_id: OrderId
) -> UseCase[Any]:
    total = world.watch.rows[order_id].order.total
    whose = script.tag if action.paid_for < 0 else f"o{action.paid_for}"
    reference = f"{whose}.pay.{action.payment}"
    amount = Money(total.amount_minor + action.off_minor, total.currency)
    paid = world.bank.pay(caller.tenant, reference, amount)
    return ConfirmPayment(caller=caller, order_id=order_id, reference=reference, amount=paid)
