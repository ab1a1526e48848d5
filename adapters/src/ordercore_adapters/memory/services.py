"""Services that always succeed, at once, and remember what they were asked.

For first steps, examples and tests: no cloud, no money, no mail. Each keeps the promise of its port
that a key counts once, and lets a test look at what arrived.
"""

from __future__ import annotations

from hashlib import sha256

from attrs import frozen

from ordercore.domain.delivery import Credentials
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Absent, Rejected, Succeeded
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.ports import (
    CredentialMail,
    Letter,
    Notification,
    NotificationOutcome,
    Outgoing,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RefundOutcome,
    RefundRequest,
    RemovalOutcome,
)

__all__ = [
    "CollectedEvents",
    "CollectedLetters",
    "CollectedMail",
    "CollectedNotifications",
    "InstantPayments",
    "InstantProvisioner",
    "OpenCapacity",
    "SentMail",
]

_Key = tuple[TenantId, str]


class InstantProvisioner:
    """Builds whatever it is asked for while the caller waits.

    Attributes:
        requests: The first request under each tenant and key.
        removed: Tenant and key of what was removed; never built again.
    """

    def __init__(self) -> None:
        self.requests: dict[_Key, ProvisionRequest] = {}
        self.removed: set[_Key] = set()

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build it, unless it has been removed before."""
        if (request.tenant, request.key) in self.removed:
            return Rejected(code="removed", reason="what this key stands for was removed")
        self.requests.setdefault((request.tenant, request.key), request)
        return _provisioned(request.tenant, request.key)

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Say whether it stands."""
        if (tenant, key) in self.requests and (tenant, key) not in self.removed:
            return _provisioned(tenant, key)
        return Absent()

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove it and refuse to build it later."""
        self.removed.add((tenant, provision_key))
        return Succeeded()


class InstantPayments:
    """Gives money back while the caller waits.

    Attributes:
        refunds: The first request under each tenant and key: what really was paid back.
    """

    def __init__(self) -> None:
        self.refunds: dict[_Key, RefundRequest] = {}

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back, once per key."""
        self.refunds.setdefault((request.tenant, request.key), request)
        return Succeeded()

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Say whether it was given back."""
        return Succeeded() if (tenant, key) in self.refunds else Absent()


class OpenCapacity:
    """No limit anywhere."""

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return facts that forbid nothing."""
        return LiveFacts()


class CollectedNotifications:
    """Keeps notifications instead of sending them.

    Attributes:
        sent: The first one under each tenant and key, in the order of arrival.
    """

    def __init__(self) -> None:
        self.sent: dict[_Key, Notification] = {}

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Keep it, once per key."""
        self.sent.setdefault((notification.tenant, notification.key), notification)
        return Succeeded()


@frozen(kw_only=True)
class SentMail:
    """That credentials were mailed, and of which items; not what they were."""

    key: str
    tenant: TenantId
    order_id: OrderId
    items: tuple[ItemId, ...]


class CollectedMail:
    """Keeps a note of each mail; the credentials themselves are dropped at once.

    Attributes:
        sent: The first mail under each tenant and key, in the order of arrival.
    """

    def __init__(self) -> None:
        self.sent: dict[_Key, SentMail] = {}

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Note it, once per key."""
        note = SentMail(
            key=mail.key,
            tenant=mail.tenant,
            order_id=mail.order_id,
            items=tuple(sorted(mail.credentials)),
        )
        self.sent.setdefault((mail.tenant, mail.key), note)
        return Succeeded()


class CollectedLetters:
    """Keeps letters instead of sending them.

    Attributes:
        sent: The first one under each tenant and key, in the order of arrival.
    """

    def __init__(self) -> None:
        self.sent: dict[_Key, Letter] = {}

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Keep it, once per key."""
        self.sent.setdefault((letter.tenant, letter.key), letter)
        return Succeeded()


class CollectedEvents:
    """Keeps published events.

    Attributes:
        events: Everything that arrived, in order; an event that was sent twice is here twice.
    """

    def __init__(self) -> None:
        self.events: list[Outgoing] = []

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Keep them and acknowledge all."""
        self.events.extend(events)
        return len(events)


def _provisioned(tenant: TenantId, key: str) -> Provisioned:
    digest = sha256(f"{tenant}/{key}".encode()).hexdigest()
    host = f"{digest[:16]}.example"
    return Provisioned(
        resource=f"res-{digest[:16]}",
        credentials=Credentials(
            values={
                "ip_address": f"2001:db8::{digest[:4]}:{digest[4:8]}",
                "hostname": host,
                "api_endpoint": f"https://{host}/",
            }
        ),
    )
