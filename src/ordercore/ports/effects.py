"""What a message may lead to without a mark in the inbox: an effect that tells its own repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ordercore.kernel.ids import TenantId
from ordercore.kernel.result import Refusal

if TYPE_CHECKING:
    from ordercore.ports.bundle import Ports

__all__ = ["RepeatableEffect"]


class RepeatableEffect(Protocol):
    """Something that may be brought about as often as one likes, with the same end.

    `ordercore.app.WithoutMark` makes one of a use case. Whoever writes one of their own keeps to
    this: the first time has the effect, every further time has none, also when both come at once.
    """

    @property
    def tenant(self) -> TenantId:
        """Whose data it changes."""
        ...

    async def bring_about(self, ports: Ports) -> bool | Refusal:
        """Bring it about.

        Returns:
            Whether there was anything to do, or why it cannot be.
        """
        ...
