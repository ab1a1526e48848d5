"""All ports in memory, ready to run."""

from __future__ import annotations

from typing import Any

from ordercore.ports import Clock, Ids, Mode, Ports
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
)
from ordercore_adapters.memory.shelf import MemoryNumbers, MemoryStock
from ordercore_adapters.memory.store import MemoryStore
from ordercore_adapters.memory.sweeper import MemorySweeper
from ordercore_adapters.memory.tables import Tables
from ordercore_adapters.system import SystemClock, SystemIds

__all__ = ["ports"]


def ports(*, clock: Clock | None = None, ids: Ids | None = None, **overrides: Any) -> Ports:
    """Return a full bundle over fresh, empty tables; neutral, so either face may drive it.

    Args:
        clock: What tells the time; the system's clock unless given.
        ids: Where ids and chance come from; the system unless given.
        overrides: Any other port or attribute of `Ports`, in place of the one made here.
    """
    tables = Tables()
    clock = clock or SystemClock()
    made: dict[str, Any] = {
        "mode": Mode.NEUTRAL,
        "store": MemoryStore(tables, clock=clock),
        "orders": MemoryOrders(tables),
        "sagas": MemorySagas(tables),
        "audit": MemoryAudit(tables),
        "outbox": MemoryOutbox(tables),
        "idempotency": MemoryIdempotency(tables),
        "inbox": MemoryInbox(tables),
        "sweeper": MemorySweeper(tables),
        "dead_letters": MemoryDeadLetters(tables),
        "vault": MemoryVault(tables),
        "numbers": MemoryNumbers(tables),
        "read_models": MemoryReadModels(tables),
        "stock": MemoryStock(tables),
        "cache": MemoryCache(),
        "clock": clock,
        "ids": ids or SystemIds(),
        "provisioner": InstantProvisioner(),
        "payments": InstantPayments(),
        "gateway": InstantGateway(),
        "capacity": OpenCapacity(),
        "warehouse": InstantWarehouse(),
        "carrier": InstantCarrier(),
        "letters": CollectedLetters(),
        "notifications": CollectedNotifications(),
        "mailer": CollectedMail(),
        "sealer": PlainlessSealer(),
        "publisher": CollectedEvents(),
        "locks": MemoryLocks(),
        "rate_limits": MemoryRateLimits(),
        "lookups": MemoryLookups(),
    }
    return Ports(**{**made, **overrides})
