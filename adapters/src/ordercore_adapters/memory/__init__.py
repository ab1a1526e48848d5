"""The reference implementation of every port: plain dictionaries, gone when the process ends.

`ports` gives a complete bundle. The classes are public so that a host or a test can hold on to one
and look inside: ``events = CollectedEvents()``, then ``ports(publisher=events)``.
"""

from __future__ import annotations

from ordercore_adapters.memory.bundle import ports
from ordercore_adapters.memory.fulfilment import InstantCarrier, InstantWarehouse
from ordercore_adapters.memory.gateway import InstantGateway
from ordercore_adapters.memory.locks import MemoryLocks
from ordercore_adapters.memory.lookups import MemoryLookups
from ordercore_adapters.memory.rate_limits import MemoryRateLimits
from ordercore_adapters.memory.readers import (
    MemoryAudit,
    MemoryCache,
    MemoryDeadLetters,
    MemoryIdempotency,
    MemoryInbox,
    MemoryOrders,
    MemoryOutbox,
    MemoryReadModels,
    MemorySagas,
    MemoryVault,
)
from ordercore_adapters.memory.sealer import PlainlessSealer
from ordercore_adapters.memory.services import (
    CollectedEvents,
    CollectedLetters,
    CollectedMail,
    CollectedNotifications,
    InstantPayments,
    InstantProvisioner,
    OpenCapacity,
    SentMail,
)
from ordercore_adapters.memory.shelf import MemoryNumbers, MemoryStock
from ordercore_adapters.memory.store import MemoryStore
from ordercore_adapters.memory.sweeper import MemorySweeper
from ordercore_adapters.memory.tables import Tables
from ordercore_adapters.memory.traces import CollectedTraces
from ordercore_adapters.memory.users import MemoryUsers

__all__ = [
    "CollectedEvents",
    "CollectedLetters",
    "CollectedMail",
    "CollectedNotifications",
    "CollectedTraces",
    "InstantCarrier",
    "InstantGateway",
    "InstantPayments",
    "InstantProvisioner",
    "InstantWarehouse",
    "MemoryAudit",
    "MemoryCache",
    "MemoryDeadLetters",
    "MemoryIdempotency",
    "MemoryInbox",
    "MemoryLocks",
    "MemoryLookups",
    "MemoryNumbers",
    "MemoryOrders",
    "MemoryOutbox",
    "MemoryRateLimits",
    "MemoryReadModels",
    "MemorySagas",
    "MemoryStock",
    "MemoryStore",
    "MemorySweeper",
    "MemoryUsers",
    "MemoryVault",
    "OpenCapacity",
    "PlainlessSealer",
    "SentMail",
    "Tables",
    "ports",
]
