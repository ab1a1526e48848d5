"""Marks of messages already taken in, so that a second delivery has no second effect."""

from __future__ import annotations

from attrs import frozen

from ordercore.kernel.ids import TenantId

__all__ = ["InboxMark"]


@frozen(kw_only=True)
class InboxMark:
    """A message was consumed; committed together with its effect.

    Attributes:
        consumer: Who took it in; each consumer has its own marks.
        message_id: The sender's id of the message.
    """

    tenant: TenantId
    consumer: str
    message_id: str
