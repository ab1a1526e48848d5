"""Telling people what happened."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

from ordercore.engine.saga import Accepted, Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.ids import OrderId, TenantId

__all__ = ["Notification", "NotificationOutcome", "NotificationsPort"]


@frozen(kw_only=True)
class Notification:
    """A message without secrets.

    Attributes:
        key: The same for every attempt; the same key is sent once.
        kind: What it is about, such as ``item-rolled-back``.
        recipient: The customer; personal, hidden from repr.
        text: For a person.
    """

    key: str
    tenant: TenantId
    order_id: OrderId
    kind: str
    recipient: str = field(repr=False)
    text: str


NotificationOutcome = Succeeded | Accepted | Failed | Rejected | Unclear


class NotificationsPort(Protocol):
    """Sends notifications; every call may be repeated under its key."""

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send it, or say why not."""
        ...
