"""The lifecycle of an order for cloud services: nine states, nineteen rows.

Money first, then the live checks, then provisioning item by item. ``fulfilled``, ``cancelled`` and
``failed`` end the order; nothing automatic leaves them, and ``restore`` is an operator's act that
starts a cancelled order afresh once its refund has settled. State and trigger names are stored with
orders and published in events: changing one is a breaking change.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ordercore.domain.orders.lifecycles.roles import Role
from ordercore.engine.lifecycle import Lifecycle, Row, Timeout, row

__all__ = ["PROVISIONING", "ProvisioningState", "ProvisioningTrigger"]


class ProvisioningState(StrEnum):
    """Where a provisioning order can be."""

    DRAFT = "draft"
    PENDING_PAYMENT = "pending_payment"
    PAYMENT_CONFIRMED = "payment_confirmed"
    VALIDATING = "validating"
    PROVISIONING = "provisioning"
    FULFILLED = "fulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ProvisioningTrigger(StrEnum):
    """What can be asked of a provisioning order."""

    SUBMIT = "submit"
    CONFIRM_PAYMENT = "confirm_payment"
    REVERT_PAYMENT = "revert_payment"
    START_VALIDATION = "start_validation"
    REJECT = "reject"
    START_PROVISIONING = "start_provisioning"
    FULFIL_SOME = "fulfil_some"
    FULFIL = "fulfil"
    FAIL = "fail"
    CANCEL = "cancel"
    RESTORE = "restore"


_S = ProvisioningState
_T = ProvisioningTrigger

_HOUR_S = 3600
_CUSTOMER = (Role.CUSTOMER,)
_OPERATOR = (Role.OPERATOR,)
_SYSTEM = (Role.SYSTEM,)
_SYSTEM_OR_TIMER = (Role.SYSTEM, Role.TIMER)
_CANCELLERS = (Role.CUSTOMER, Role.OPERATOR, Role.TIMER)

_MORE_TO_COME = ("some_item_active", "some_item_open")
_ALL_ENDED = ("some_item_active", "no_item_open")
_REFUNDED = ("refund_settled",)

# One event type per trigger, whatever the source state.
_EMITS = {
    _T.SUBMIT: "order.submitted",
    _T.CONFIRM_PAYMENT: "order.payment-confirmed",
    _T.REVERT_PAYMENT: "order.payment-reverted",
    _T.START_VALIDATION: "order.validation-started",
    _T.REJECT: "order.failed",
    _T.START_PROVISIONING: "order.provisioning-started",
    _T.FULFIL_SOME: "order.partially-fulfilled",
    _T.FULFIL: "order.fulfilled",
    _T.FAIL: "order.failed",
    _T.CANCEL: "order.cancelled",
    _T.RESTORE: "order.restored",
}


def _row(
    trigger: _T,
    source: _S,
    dest: _S,
    who: tuple[Role, ...],
    guards: tuple[str, ...] = (),
    *,
    manual: bool = False,
) -> Row:
    emits = _EMITS[trigger]
    return row(trigger, source, dest, who=who, guards=guards, emits=emits, manual=manual)


PROVISIONING: Final = Lifecycle(
    name="provisioning",
    version=1,
    states=tuple(_S),
    initial=_S.DRAFT,
    terminal=(_S.FULFILLED, _S.CANCELLED, _S.FAILED),
    rows=(
        _row(_T.SUBMIT, _S.DRAFT, _S.PENDING_PAYMENT, _CUSTOMER),
        _row(_T.CONFIRM_PAYMENT, _S.PENDING_PAYMENT, _S.PAYMENT_CONFIRMED, _SYSTEM),
        # Only before provisioning starts: what is being built cannot become unpaid.
        _row(_T.REVERT_PAYMENT, _S.PAYMENT_CONFIRMED, _S.PENDING_PAYMENT, _OPERATOR),
        _row(_T.REVERT_PAYMENT, _S.VALIDATING, _S.PENDING_PAYMENT, _OPERATOR),
        _row(_T.START_VALIDATION, _S.PAYMENT_CONFIRMED, _S.VALIDATING, _SYSTEM),
        # A deadline that passes rejects too, hence the timer.
        _row(_T.REJECT, _S.VALIDATING, _S.FAILED, _SYSTEM_OR_TIMER),
        _row(_T.START_PROVISIONING, _S.VALIDATING, _S.PROVISIONING, _SYSTEM),
        _row(_T.FULFIL_SOME, _S.PROVISIONING, _S.PARTIALLY_FULFILLED, _SYSTEM, _MORE_TO_COME),
        _row(_T.FULFIL, _S.PROVISIONING, _S.FULFILLED, _SYSTEM, _ALL_ENDED),
        _row(_T.FULFIL, _S.PARTIALLY_FULFILLED, _S.FULFILLED, _SYSTEM, _ALL_ENDED),
        # Unguarded: whether a lost item fails the whole order is the saga's policy.
        _row(_T.FAIL, _S.PROVISIONING, _S.FAILED, _SYSTEM),
        _row(_T.FAIL, _S.PARTIALLY_FULFILLED, _S.FAILED, _SYSTEM),
        _row(_T.CANCEL, _S.DRAFT, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PENDING_PAYMENT, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PAYMENT_CONFIRMED, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.VALIDATING, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PROVISIONING, _S.CANCELLED, _CANCELLERS),
        _row(_T.CANCEL, _S.PARTIALLY_FULFILLED, _S.CANCELLED, _CANCELLERS),
        _row(_T.RESTORE, _S.CANCELLED, _S.DRAFT, _OPERATOR, _REFUNDED, manual=True),
    ),
    timeouts=(
        Timeout(
            state=_S.PENDING_PAYMENT,
            after_s=48 * _HOUR_S,
            trigger=_T.CANCEL,
            reason="not paid within 48 hours",
        ),
        Timeout(
            state=_S.VALIDATING,
            after_s=24 * _HOUR_S,
            trigger=_T.REJECT,
            reason="not validated within 24 hours",
        ),
    ),
)
