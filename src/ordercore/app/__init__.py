"""What a host may ask: the use cases, and the two faces that carry them out."""

from ordercore.app.blocking import blocking
from ordercore.app.core import AsyncOrderCore, OrderCore
from ordercore.app.delivering import RedeliverCredentials
from ordercore.app.driving import TAKEOVER, GetSaga, MakeCall
from ordercore.app.fulfilling import ReportProvisioning
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
from ordercore.app.reporting import AuditVerdict, TenantStats, VerifyAudit
from ordercore.app.stocking import AdjustStock, ReceiveStock, StockLevels
from ordercore.app.use_case import Caller, UseCase
from ordercore.app.withdrawing import WithdrawOrder
from ordercore.app.workers import ALL_WORK, NextDue, WorkOn, WorkOnce

__all__ = [
    "ALL_WORK",
    "AdjustStock",
    "AsyncOrderCore",
    "AuditVerdict",
    "Caller",
    "CancelOrder",
    "CloseDeadLetter",
    "ConfirmPayment",
    "GetDeadLetter",
    "GetOrder",
    "GetSaga",
    "ListDeadLetters",
    "ListOrders",
    "MakeCall",
    "NextDue",
    "OrderCore",
    "OrderFeed",
    "OrderHistory",
    "PlaceOrder",
    "Placed",
    "PullTrigger",
    "ReceiveStock",
    "RedeliverCredentials",
    "ReportProvisioning",
    "RestoreOrder",
    "RevertPayment",
    "StockLevels",
    "SubmitOrder",
    "TAKEOVER",
    "TenantStats",
    "UseCase",
    "VerifyAudit",
    "WithdrawOrder",
    "WorkOn",
    "WorkOnce",
    "blocking",
]
