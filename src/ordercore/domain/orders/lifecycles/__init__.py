"""The lifecycles orders can follow, with their guards and roles."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles.guards import PROVISIONING_GUARDS, LifeFacts
from ordercore.domain.orders.lifecycles.provisioning import (
    PROVISIONING,
    ProvisioningState,
    ProvisioningTrigger,
)
from ordercore.domain.orders.lifecycles.retail import RETAIL, RetailState, RetailTrigger
from ordercore.domain.orders.lifecycles.retail_guards import RETAIL_GUARDS, RetailFacts
from ordercore.domain.orders.lifecycles.roles import Role

__all__ = [
    "LifeFacts",
    "PROVISIONING",
    "PROVISIONING_GUARDS",
    "ProvisioningState",
    "ProvisioningTrigger",
    "RETAIL",
    "RETAIL_GUARDS",
    "RetailFacts",
    "RetailState",
    "RetailTrigger",
    "Role",
]
