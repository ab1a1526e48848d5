"""The lifecycle of retail orders (R1): 12 states, 22 rows counted per trigger and source.

Payment comes first except for cash; goods are captured and invoiced before they leave; a return is
the only way out of ``completed``, and only by hand. Deadlines that alert without moving the order
are not transitions and are not in this table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ordercore.domain.orders.lifecycles.roles import Role
from ordercore.engine.lifecycle import Lifecycle, Row, Timeout, row

__all__ = ["RETAIL", "RetailState", "RetailTrigger"]


class RetailState(StrEnum):
    """Where a retail order can be."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_EXPIRED = "payment_expired"
    CONFIRMED = "confirmed"
    IN_FULFILMENT = "in_fulfilment"
    READY = "ready"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class RetailTrigger(StrEnum):
    """What can be asked of a retail order."""

    AWAIT_PAYMENT = "await_payment"
    CONFIRM = "confirm"
    DECLINE_PAYMENT = "decline_payment"
    EXPIRE_PAYMENT = "expire_payment"
    RETRY_PAYMENT = "retry_payment"
    START_FULFILMENT = "start_fulfilment"
    MARK_READY = "mark_ready"
    SHIP = "ship"
    DELIVER = "deliver"
    COMPLETE = "complete"
    CANCEL = "cancel"
    RETURN_ORDER = "return_order"


_S = RetailState
_T = RetailTrigger

_HOUR_S = 3600
_CUSTOMER = (Role.CUSTOMER,)
_SYSTEM = (Role.SYSTEM,)
_SYSTEM_OR_TIMER = (Role.SYSTEM, Role.TIMER)
_CANCELLERS = (Role.CUSTOMER, Role.OPERATOR, Role.TIMER)
_RETURNERS = (Role.CUSTOMER, Role.CARRIER)

# One event type per trigger, whatever the source state.
_EMITS = {
    _T.AWAIT_PAYMENT: "order.awaiting-payment",
    _T.CONFIRM: "order.confirmed",
    _T.DECLINE_PAYMENT: "order.payment-failed",
    _T.EXPIRE_PAYMENT: "order.payment-expired",
    _T.RETRY_PAYMENT: "order.payment-retried",
    _T.START_FULFILMENT: "order.fulfilment-started",
    _T.MARK_READY: "order.ready",
    _T.SHIP: "order.shipped",
    _T.DELIVER: "order.delivered",
    _T.COMPLETE: "order.completed",
    _T.CANCEL: "order.cancelled",
    _T.RETURN_ORDER: "order.returned",
}


def _row(
    trigger: _T,
    source: _S,
    dest: _S,
    who: tuple[Role, ...],
    *guards: str,
    manual: bool = False,
) -> Row:
    return row(trigger, source, dest, who=who, guards=guards, emits=_EMITS[trigger], manual=manual)


RETAIL: Final = Lifecycle(
    name="retail",
    version=1,
    states=tuple(_S),
    initial=_S.CREATED,
    terminal=(_S.COMPLETED, _S.CANCELLED, _S.RETURNED),
    rows=(
        _row(_T.AWAIT_PAYMENT, _S.CREATED, _S.AWAITING_PAYMENT, _SYSTEM),
        _row(_T.CONFIRM, _S.CREATED, _S.CONFIRMED, _SYSTEM, "pays_on_delivery"),
        _row(_T.CONFIRM, _S.AWAITING_PAYMENT, _S.CONFIRMED, _SYSTEM, "payment_authorised"),
        _row(_T.DECLINE_PAYMENT, _S.AWAITING_PAYMENT, _S.PAYMENT_FAILED, _SYSTEM),
        _row(_T.EXPIRE_PAYMENT, _S.AWAITING_PAYMENT, _S.PAYMENT_EXPIRED, _SYSTEM_OR_TIMER),
        # The first reservation was let go, so the stock comes before the money.
        _row(_T.RETRY_PAYMENT, _S.PAYMENT_FAILED, _S.AWAITING_PAYMENT, _CUSTOMER, "stock_reserved"),
        _row(
            _T.RETRY_PAYMENT, _S.PAYMENT_EXPIRED, _S.AWAITING_PAYMENT, _CUSTOMER, "stock_reserved"
        ),
        _row(_T.START_FULFILMENT, _S.CONFIRMED, _S.IN_FULFILMENT, _SYSTEM),
        _row(_T.MARK_READY, _S.IN_FULFILMENT, _S.READY, _SYSTEM, "payment_collected"),
        _row(_T.SHIP, _S.READY, _S.SHIPPED, _SYSTEM, "invoice_issued"),
        _row(_T.DELIVER, _S.SHIPPED, _S.DELIVERED, _SYSTEM),
        _row(_T.COMPLETE, _S.DELIVERED, _S.COMPLETED, _SYSTEM, "money_received"),
        _row(_T.CANCEL, _S.CREATED, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.AWAITING_PAYMENT, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PAYMENT_FAILED, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PAYMENT_EXPIRED, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.CONFIRMED, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.IN_FULFILMENT, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.READY, _S.CANCELLED, _CANCELLERS),
        _row(_T.RETURN_ORDER, _S.SHIPPED, _S.RETURNED, _RETURNERS, "undeliverable"),
        _row(_T.RETURN_ORDER, _S.DELIVERED, _S.RETURNED, _RETURNERS, "return_open"),
        _row(_T.RETURN_ORDER, _S.COMPLETED, _S.RETURNED, _RETURNERS, "return_open", manual=True),
    ),
    timeouts=(
        Timeout(
            state=_S.AWAITING_PAYMENT,
            after_s=24 * _HOUR_S,
            trigger=_T.EXPIRE_PAYMENT,
            reason="not paid within 24 hours",
        ),
        Timeout(
            state=_S.PAYMENT_FAILED,
            after_s=24 * _HOUR_S,
            trigger=_T.CANCEL,
            reason="no new payment within 24 hours",
        ),
        Timeout(
            state=_S.PAYMENT_EXPIRED,
            after_s=24 * _HOUR_S,
            trigger=_T.CANCEL,
            reason="no new payment within 24 hours",
        ),
    ),
)
