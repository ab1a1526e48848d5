"""ordercore takes orders: every order gets through or is put right, provably.

The everyday names live here; the subpackages hold the rest. See `ordercore.app` for what a host may
ask, `ordercore.ports` for what it supplies, `ordercore.domain` for the tables it may change.
"""

from ordercore.app import (
    AsyncOrderCore,
    Caller,
    CancelOrder,
    CloseDeadLetter,
    ConfirmPayment,
    GetOrder,
    ListDeadLetters,
    ListOrders,
    NextDue,
    OrderCore,
    OrderFeed,
    OrderHistory,
    Placed,
    PlaceOrder,
    PullTrigger,
    RedeliverCredentials,
    ReportProvisioning,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    TenantStats,
    VerifyAudit,
    WithdrawOrder,
    WorkOnce,
)
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import PROVISIONING, RETAIL
from ordercore.domain.processes import ItemRequest, OrderRequest, ProvisioningRules
from ordercore.kernel import Finding, Money, OrderCoreError, Refusal, Report, Unknown, allocate
from ordercore.ports import Mode, Ports

__all__ = [
    "AsyncOrderCore",
    "Caller",
    "CancelOrder",
    "CloseDeadLetter",
    "ConfirmPayment",
    "Finding",
    "GetOrder",
    "ItemRequest",
    "ListDeadLetters",
    "ListOrders",
    "Mode",
    "Money",
    "NextDue",
    "Order",
    "OrderCore",
    "OrderCoreError",
    "OrderFeed",
    "OrderHistory",
    "OrderRequest",
    "PROVISIONING",
    "PlaceOrder",
    "Placed",
    "Ports",
    "ProvisioningRules",
    "PullTrigger",
    "RETAIL",
    "RedeliverCredentials",
    "Refusal",
    "Report",
    "ReportProvisioning",
    "RestoreOrder",
    "RevertPayment",
    "SubmitOrder",
    "TenantStats",
    "Unknown",
    "VerifyAudit",
    "WithdrawOrder",
    "WorkOnce",
    "allocate",
]
