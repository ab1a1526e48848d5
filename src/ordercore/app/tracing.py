"""Which use case is told to the telemetry port under which name, and which is not told at all.

Every use case stands in one of the first two tables. The outside calls that workers make are told
too, each for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from ordercore.app._calls import TOLD_AS
from ordercore.app._looking_up import LOOK_UP_RECIPIENT
from ordercore.app._traced import Traced, error_of_outcome, error_of_refusal, traced
from ordercore.app.delivering import RedeliverCredentials, ResendLetter
from ordercore.app.disputing import ReportChargeback, ReportDisputeWon, ReportRefundReturned
from ordercore.app.driving import GetSaga, MakeCall
from ordercore.app.fulfilling import ReportProvisioning
from ordercore.app.logging_in import ChangePassword, LogIn
from ordercore.app.moving import PullTrigger
from ordercore.app.ordering import (
    CancelOrder,
    GetOrder,
    ListOrders,
    OrderFeed,
    OrderHistory,
    Placed,
    PlaceOrder,
    RestoreOrder,
    SubmitOrder,
)
from ordercore.app.parking import CloseDeadLetter, GetDeadLetter, ListDeadLetters
from ordercore.app.paying import ConfirmPayment, RevertPayment
from ordercore.app.reporting import TenantStats, VerifyAudit
from ordercore.app.repricing import RepriceOrder
from ordercore.app.shopping import (
    CheckOut,
    CheckPayment,
    ConfirmCash,
    GetPaymentPage,
    ProlongReservation,
    ReportDelivery,
    RetryPayment,
    SendBack,
)
from ordercore.app.stocking import AdjustStock, ReceiveStock, StockLevels
from ordercore.app.sweeping import SweepRecords
from ordercore.app.updating import UpdateStatus
from ordercore.app.use_case import UseCase
from ordercore.app.withdrawing import WithdrawOrder
from ordercore.app.workers import LIVE_FACTS, NextDue, WorkOn, WorkOnce
from ordercore.kernel.ids import OrderId
from ordercore.ports import Ports, TraceError, TraceName

__all__ = ["CALLS", "SILENT", "TRACED", "carry_out"]

R = TypeVar("R")

TRACED: Final[Mapping[type[UseCase[Any]], TraceName]] = MappingProxyType(
    {
        LogIn: TraceName.USER_LOGIN,
        ChangePassword: TraceName.USER_LOGIN,
        PlaceOrder: TraceName.ORDER_CREATION,
        CheckOut: TraceName.ORDER_CREATION,
        SubmitOrder: TraceName.ORDER_CREATION,
        ConfirmPayment: TraceName.PAYMENT_PROCESSING,
        RevertPayment: TraceName.PAYMENT_PROCESSING,
        RetryPayment: TraceName.PAYMENT_PROCESSING,
        CheckPayment: TraceName.PAYMENT_PROCESSING,
        ConfirmCash: TraceName.PAYMENT_PROCESSING,
        ReportChargeback: TraceName.PAYMENT_PROCESSING,
        ReportDisputeWon: TraceName.PAYMENT_PROCESSING,
        ReportRefundReturned: TraceName.PAYMENT_PROCESSING,
        ReportProvisioning: TraceName.ORDER_FULFILLMENT,
        ReportDelivery: TraceName.ORDER_FULFILLMENT,
        UpdateStatus: TraceName.ORDER_FULFILLMENT,
        RedeliverCredentials: TraceName.ORDER_FULFILLMENT,
        ResendLetter: TraceName.ORDER_FULFILLMENT,
        GetOrder: TraceName.DATA_LOOKUP,
        GetPaymentPage: TraceName.DATA_LOOKUP,
        ListOrders: TraceName.DATA_LOOKUP,
        OrderHistory: TraceName.DATA_LOOKUP,
        OrderFeed: TraceName.DATA_LOOKUP,
        TenantStats: TraceName.DATA_LOOKUP,
        VerifyAudit: TraceName.DATA_LOOKUP,
        GetDeadLetter: TraceName.DATA_LOOKUP,
        ListDeadLetters: TraceName.DATA_LOOKUP,
        GetSaga: TraceName.DATA_LOOKUP,
        StockLevels: TraceName.DATA_LOOKUP,
    }
)
"""The name under which a use case is told; classes derived from it as well."""

SILENT: Final[frozenset[type[UseCase[Any]]]] = frozenset(
    {
        # None of the names fits; what they lead to is told as the outside calls that follow.
        AdjustStock,
        CancelOrder,
        CloseDeadLetter,
        PullTrigger,
        ReceiveStock,
        ProlongReservation,
        RepriceOrder,
        RestoreOrder,
        SendBack,
        WithdrawOrder,
        # Workers ask all day long; the outside calls they make are told one by one.
        MakeCall,
        NextDue,
        SweepRecords,
        WorkOn,
        WorkOnce,
    }
)
"""Use cases that are not told."""

CALLS: Final[Mapping[str, TraceName]] = MappingProxyType(
    TOLD_AS | {LIVE_FACTS: TraceName.DATA_LOOKUP, LOOK_UP_RECIPIENT: TraceName.DATA_LOOKUP}
)
"""The name under which the outside calls of a step are told."""


async def carry_out(use_case: UseCase[R], ports: Ports) -> R:
    """Run a use case and tell how it ended, where it has a name; both faces pass through here."""
    kind = type(use_case)
    name = next((TRACED[parent] for parent in kind.__mro__ if parent in TRACED), None)
    if name is None:
        return await use_case.run(ports)
    caller: Any = getattr(use_case, "caller", use_case)  # those for runners name the tenant alone
    what = Traced(
        name=name,
        operation=kind.__name__,
        tenant=caller.tenant,
        correlation_id=getattr(caller, "correlation_id", ""),
        order_id=getattr(use_case, "order_id", None),
    )
    return await traced(
        ports,
        what,
        lambda: use_case.run(ports),
        error_of=lambda answer: _error_of(use_case, answer),
        order_of=_order_of,
    )


def _error_of(use_case: object, answer: object) -> TraceError | None:
    error = error_of_refusal(answer)
    if error is None and isinstance(use_case, ReportProvisioning):
        return error_of_outcome(use_case.outcome)  # the report arrived; what it says counts
    return error


def _order_of(answer: object) -> OrderId | None:
    return answer.order.id if isinstance(answer, Placed) else None
