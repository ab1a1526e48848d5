"""How the parts of an order work together, kind by kind: placement to delivery and back again."""

from ordercore.domain.processes.disputes import CHARGED_BACK, DISPUTE
from ordercore.domain.processes.following import begin, tell
from ordercore.domain.processes.kinds import (
    ProvisioningTurn,
    RetailTurn,
    on_timeout,
    open_turn,
)
from ordercore.domain.processes.overdue import NO_SAGA, look_after, task_done
from ordercore.domain.processes.provisioning.cancellation import cancel, newest_fulfilment, restore
from ordercore.domain.processes.provisioning.disputes import (
    charged_back,
    dispute_won,
    refund_returned,
)
from ordercore.domain.processes.provisioning.fulfilment import (
    begin_validation,
    conclude_validation,
    reject,
)
from ordercore.domain.processes.provisioning.moving import move
from ordercore.domain.processes.provisioning.payment import confirm, refund_all, revert
from ordercore.domain.processes.provisioning.placement import (
    KIND,
    ItemRequest,
    OrderRequest,
    check_again,
    place,
)
from ordercore.domain.processes.provisioning.redelivery import redeliver
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.saga_events import (
    ITEMS,
    RESOURCE,
    SHARE,
    items_to_deliver,
)
from ordercore.domain.processes.provisioning.sagas import (
    DELIVER,
    FULFILMENT,
    NOTIFY,
    PROVISION,
    REDELIVERY,
)
from ordercore.domain.processes.provisioning.withdrawal import withdraw
from ordercore.domain.processes.refund_saga import REFUND, REFUND_STEP
from ordercore.domain.processes.retail.rules import RetailRules
from ordercore.domain.processes.routing import (
    ORDER_EVENTS,
    PROVISIONING_ROUTES,
    RETAIL_ROUTES,
)
from ordercore.domain.processes.turn import (
    OVERDUE,
    OrderRules,
    Recorded,
    SagaChange,
    StateTarget,
    Turn,
    timer_subject,
)
from ordercore.domain.processes.updating import update_status

__all__ = [
    "CHARGED_BACK",
    "DELIVER",
    "DISPUTE",
    "FULFILMENT",
    "ITEMS",
    "ItemRequest",
    "KIND",
    "NOTIFY",
    "NO_SAGA",
    "ORDER_EVENTS",
    "OVERDUE",
    "OrderRequest",
    "OrderRules",
    "PROVISION",
    "PROVISIONING_ROUTES",
    "ProvisioningRules",
    "ProvisioningTurn",
    "REDELIVERY",
    "REFUND",
    "REFUND_STEP",
    "RESOURCE",
    "RETAIL_ROUTES",
    "Recorded",
    "RetailRules",
    "RetailTurn",
    "SHARE",
    "SagaChange",
    "StateTarget",
    "Turn",
    "begin",
    "begin_validation",
    "cancel",
    "charged_back",
    "check_again",
    "conclude_validation",
    "confirm",
    "dispute_won",
    "items_to_deliver",
    "look_after",
    "move",
    "newest_fulfilment",
    "on_timeout",
    "open_turn",
    "place",
    "redeliver",
    "refund_all",
    "refund_returned",
    "reject",
    "restore",
    "revert",
    "task_done",
    "tell",
    "timer_subject",
    "update_status",
    "withdraw",
]
