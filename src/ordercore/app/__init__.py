"""What a host may ask: the use cases, and the two faces that carry them out."""

from ordercore.app._drive import drive
from ordercore.app.blocking import blocking
from ordercore.app.core import AsyncOrderCore, OrderCore
from ordercore.app.delivering import RedeliverCredentials, ResendLetter
from ordercore.app.disputing import ReportChargeback, ReportDisputeWon, ReportRefundReturned
from ordercore.app.driving import CALL_WITHIN, TAKEOVER, GetSaga, MakeCall
from ordercore.app.fulfilling import ReportProvisioning
from ordercore.app.logging_in import LOGIN_TRIES, ChangePassword, LoggedIn, LogIn
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
from ordercore.app.repeating import REPEATABLE, WithoutMark
from ordercore.app.reporting import AuditVerdict, TenantStats, VerifyAudit
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
from ordercore.app.updating import Updated, UpdateStatus
from ordercore.app.use_case import Caller, UseCase
from ordercore.app.withdrawing import WithdrawOrder
from ordercore.app.workers import ALL_WORK, NextDue, WorkOn, WorkOnce

__all__ = [
    "ALL_WORK",
    "AdjustStock",
    "AsyncOrderCore",
    "AuditVerdict",
    "CALL_WITHIN",
    "Caller",
    "CancelOrder",
    "ChangePassword",
    "CheckOut",
    "CheckPayment",
    "CloseDeadLetter",
    "ConfirmCash",
    "ConfirmPayment",
    "GetDeadLetter",
    "GetOrder",
    "GetPaymentPage",
    "GetSaga",
    "LOGIN_TRIES",
    "ListDeadLetters",
    "ListOrders",
    "LogIn",
    "LoggedIn",
    "MakeCall",
    "NextDue",
    "OrderCore",
    "OrderFeed",
    "OrderHistory",
    "PlaceOrder",
    "Placed",
    "ProlongReservation",
    "PullTrigger",
    "REPEATABLE",
    "ReceiveStock",
    "RedeliverCredentials",
    "ReportChargeback",
    "ReportDelivery",
    "ReportDisputeWon",
    "ReportProvisioning",
    "ReportRefundReturned",
    "RepriceOrder",
    "ResendLetter",
    "RestoreOrder",
    "RetryPayment",
    "RevertPayment",
    "SendBack",
    "StockLevels",
    "SubmitOrder",
    "SweepRecords",
    "TAKEOVER",
    "TenantStats",
    "UpdateStatus",
    "Updated",
    "UseCase",
    "VerifyAudit",
    "WithdrawOrder",
    "WithoutMark",
    "WorkOn",
    "WorkOnce",
    "blocking",
    "drive",
]
