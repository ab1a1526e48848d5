"""Locks shared by processes: one holder at a time for a name, for a while.

A lock with a maximum age can run out while its holder still works, believing to be alone. No lock
service can prevent that; so each holder gets a fencing number, higher than that of every holder
before. Whatever is guarded remembers the highest number it has seen and refuses lower ones: then a
holder who lost the lock cannot write any more. A lock therefore saves work and calls; what is
written is kept right by the fence, or by the version of an order that a batch checks anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from attrs import field, frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId, text_id
from ordercore.kernel.time import instant

__all__ = ["Lease", "LocksPort", "lease_end", "next_fence"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_S = 86_400


@frozen(kw_only=True)
class Lease:
    """A lock as its holder has it.

    Attributes:
        token: Known to the holder alone; it proves that a renewal or a release is the holder's.
        fence: Higher than that of every lease given before to anybody of this tenant.
        expires_at: From then on others may take the lock.
    """

    tenant: TenantId
    name: str
    token: str = field(repr=False)
    fence: int
    expires_at: datetime


class LocksPort(Protocol):
    """Locks by tenant and name; a fault means that nobody knows who holds the lock.

    Leases end by the clocks of those who ask. Clocks that differ can give a name two holders; the
    fence tells which of them counts.
    """

    async def acquire(
        self, tenant: TenantId, name: str, *, ttl_s: int, now: datetime
    ) -> Lease | None:
        """Take the lock for ``ttl_s`` seconds; None while another lease of it runs.

        Nobody has it twice: the holder, too, is refused.

        Raises:
            InvalidInput: the name is not text, or ``ttl_s`` is not between a second and a day.
        """
        ...

    async def renew(self, lease: Lease, *, ttl_s: int, now: datetime) -> Lease | None:
        """Hold on for ``ttl_s`` seconds from now, under the same fence; None if it is lost.

        A lease that ran out is lost, even if nobody has taken the lock since.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Let go; a lease that is lost releases nothing, and that is no error."""
        ...


def lease_end(name: str, *, ttl_s: int, now: datetime) -> datetime:
    """Return when a lease of ``name`` that starts now ends; for those who write an adapter.

    Raises:
        InvalidInput: the name is not text, or ``ttl_s`` is not between a second and a day.
    """
    text_id(name, field="name")
    if not 1 <= ttl_s <= _LONGEST_S:
        raise InvalidInput(
            field="ttl_s", problem=f"got {ttl_s}", allowed=f"whole seconds, 1 to {_LONGEST_S}"
        )
    return instant(now, field="now") + timedelta(seconds=ttl_s)


def next_fence(last: int, *, now: datetime) -> int:
    """Return the fence that follows ``last``: at least the milliseconds since 1970.

    Counting alone would start over when a lock service has lost its data, and what remembers the
    highest number would refuse everybody. The time is always ahead of a forgotten count.

    >>> next_fence(0, now=datetime(2026, 1, 5, tzinfo=UTC))
    1767571200000
    >>> next_fence(1767571200000, now=datetime(2026, 1, 5, tzinfo=UTC))
    1767571200001
    """
    return max(last + 1, (now - _EPOCH) // timedelta(milliseconds=1))
