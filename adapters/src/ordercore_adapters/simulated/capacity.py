"""What the simulated infrastructure allows: everything, but for a tenant's own facts and the plan.

There is no key to go by here, so fates belong to a tenant and a stretch of time: for ten seconds
nobody knows the facts, or for an hour one region takes no new work.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from ordercore.domain.validation import LiveFacts
from ordercore.kernel.ids import TenantId
from ordercore.ports import Clock
from ordercore_adapters.simulated.faults import FAULT_FREE, Fate, FaultPlan

__all__ = ["SimulatedCapacity"]

_OUTAGE_S = 10
_CLOSURE_S = 3600
_REGIONS = ("hetzner-fsn1", "lj-1", "mb-1")


class SimulatedCapacity:
    """A `CapacityPort` that never suspends and stores nothing."""

    def __init__(
        self,
        *,
        clock: Clock,
        faults: FaultPlan = FAULT_FREE,
        facts: Mapping[TenantId, LiveFacts] | None = None,
        regions: tuple[str, ...] = _REGIONS,
    ) -> None:
        """Answer with ``facts`` of the tenant, or with no limit at all.

        Args:
            clock: Decides which stretch of time it is.
            faults: Decides on outages (``transient``) and closed regions (``rejected``).
            facts: What holds for a tenant apart from that.
            regions: Which regions may close.
        """
        self._clock = clock
        self._faults = faults
        self._facts = facts or {}
        self._regions = regions

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return the facts of the tenant.

        Raises:
            ConnectionError: nobody knows right now.
        """
        now = self._clock.now()
        outage = f"{tenant}/{self._faults.window(now, _OUTAGE_S)}/outage"
        if self._faults.fate("capacity", outage, 1) is Fate.TRANSIENT:
            raise ConnectionError("the infrastructure does not answer")
        facts = self._facts.get(tenant, LiveFacts())
        closure = f"{tenant}/{self._faults.window(now, _CLOSURE_S)}/closure"
        if self._regions and self._faults.fate("capacity", closure, 1) is Fate.REJECTED:
            number = self._faults.draw("region", closure, below=len(self._regions))
            closed = facts.unavailable_regions | {self._regions[number]}
            return evolve(facts, unavailable_regions=closed)
        return facts
