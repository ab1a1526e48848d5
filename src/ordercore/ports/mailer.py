"""Handing credentials to the customer, encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import field, frozen

from ordercore.domain.delivery import Credentials
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.ports.notifications import NotificationOutcome

__all__ = ["CredentialMail", "MailerPort"]


@frozen(kw_only=True)
class CredentialMail:
    """Credentials on their way to the customer.

    Attributes:
        key: The same for every attempt; the same key is sent once.
        reference: The customer's number of the order.
        credentials: By item id; hidden from repr.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    reference: str
    recipient: str = field(repr=False)
    credentials: Mapping[ItemId, Credentials] = field(repr=False, hash=False)


class MailerPort(Protocol):
    """Encrypts for the recipient and sends; the clear text never leaves the call."""

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send it, or say why not."""
        ...
