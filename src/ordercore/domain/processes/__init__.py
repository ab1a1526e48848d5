"""How the parts of a provisioning order work together: placement to delivery, and the way back."""

from ordercore.domain.processes.cancellation import cancel, newest_fulfilment, restore
from ordercore.domain.processes.fulfilment import begin_validation, conclude_validation, reject
from ordercore.domain.processes.payment import confirm, refund_all, revert
from ordercore.domain.processes.placement import (
    KIND,
    ItemRequest,
    OrderRequest,
    check_again,
    place,
)
from ordercore.domain.processes.redelivery import redeliver
from ordercore.domain.processes.routing import ORDER_EVENTS, PROVISIONING_ROUTES
from ordercore.domain.processes.rules import ProvisioningRules
from ordercore.domain.processes.saga_events import (
    ITEMS,
    RESOURCE,
    SHARE,
    begin,
    items_to_deliver,
    tell,
)
from ordercore.domain.processes.sagas import (
    DELIVER,
    FULFILMENT,
    NOTIFY,
    PROVISION,
    REDELIVERY,
    REFUND,
    REFUND_STEP,
)
from ordercore.domain.processes.turn import Recorded, SagaChange, Turn, timer_subject
from ordercore.domain.processes.withdrawal import withdraw

__all__ = [
    "DELIVER",
    "FULFILMENT",
    "ITEMS",
    "ItemRequest",
    "KIND",
    "NOTIFY",
    "ORDER_EVENTS",
    "OrderRequest",
    "PROVISION",
    "PROVISIONING_ROUTES",
    "ProvisioningRules",
    "REDELIVERY",
    "REFUND",
    "REFUND_STEP",
    "RESOURCE",
    "Recorded",
    "SHARE",
    "SagaChange",
    "Turn",
    "begin",
    "begin_validation",
    "cancel",
    "check_again",
    "conclude_validation",
    "confirm",
    "items_to_deliver",
    "newest_fulfilment",
    "place",
    "redeliver",
    "refund_all",
    "reject",
    "restore",
    "revert",
    "tell",
    "timer_subject",
    "withdraw",
]
