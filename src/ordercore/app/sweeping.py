"""Use case for workers: let old records of messages go."""

from __future__ import annotations

from attrs import Factory, field, frozen
from attrs.validators import optional

from ordercore.app._asked import of_kind, page_length, usable_id
from ordercore.engine.messaging import Retention, Swept
from ordercore.kernel.ids import TenantId
from ordercore.ports import Ports

__all__ = ["SweepRecords"]


@frozen(kw_only=True)
class SweepRecords:
    """Remove old events, marks and answers of one tenant; repeat it until nothing was removed.

    Any number of workers may do so at any time; nothing waits for them.

    Attributes:
        retention: How long events and marks are kept.
        limit: At most so many of each kind, 1 to 1000: so long is the transaction.
        tenant: Only this tenant's records; None takes a tenant that has some.
    """

    retention: Retention = field(default=Factory(Retention), validator=of_kind(Retention))
    limit: int = field(default=500, validator=page_length)
    tenant: TenantId | None = field(default=None, validator=optional(usable_id))

    async def run(self, ports: Ports) -> Swept:
        """Remove them and return how many there were.

        Raises:
            NotConfigured: the store may not look for records of every tenant.
        """
        cutoffs = self.retention.cutoffs(ports.clock.now())
        return await ports.sweeper.sweep(cutoffs, limit=self.limit, tenant=self.tenant)
