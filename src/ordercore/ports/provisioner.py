"""The cloud that builds what was ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

from ordercore.domain.delivery import Credentials
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import ItemId, OrderId, TenantId

__all__ = ["ProvisionOutcome", "ProvisionRequest", "Provisioned", "Provisioner", "RemovalOutcome"]


@frozen(kw_only=True)
class ProvisionRequest:
    """What to build.

    Attributes:
        key: The same for every attempt; the same key never builds twice.
        attempt: Number of the call, to be echoed when the answer comes later.
        config: The configuration from the order's snapshot.
    """

    key: str
    attempt: int
    tenant: TenantId
    order_id: OrderId
    item: ItemId
    product_type: str
    config: Mapping[str, object] = field(hash=False)


@frozen(kw_only=True)
class Provisioned:
    """It is there.

    Attributes:
        resource: The provider's reference of what was built.
        credentials: How to reach it; sealed before anything is stored.
    """

    resource: str
    credentials: Credentials


ProvisionOutcome = Provisioned | Accepted | Failed | Rejected | Unclear | Absent
RemovalOutcome = Succeeded | Accepted | Failed | Rejected | Unclear


class Provisioner(Protocol):
    """Builds and removes resources; every call may be repeated under its key.

    Expected troubles are answers, not exceptions. An exception is taken for an unclear outcome.
    """

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build it, or say why not; `Accepted` when it will take a while."""
        ...

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Say what became of the request under ``key``; `Absent` when nothing did or will."""
        ...

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove whatever was or ever will be built under ``provision_key``.

        Args:
            key: The same for every attempt to remove it.
            provision_key: Key of the request that may have built it.
            resource: The reference, where it is known.
        """
        ...
