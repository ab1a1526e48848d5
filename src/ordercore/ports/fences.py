"""The store's side of a lock: it remembers the highest fence and refuses lower ones."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ordercore.kernel.errors import InvalidInput, LeaseLost
from ordercore.kernel.ids import text_id

__all__ = ["Fence", "LOCK", "highest_fences", "lost_fence"]

LOCK = "lock"
"""What `LeaseLost` calls the lease of a lock; those of work bear the kind of the work."""

_LARGEST = 2**63 - 1


@frozen(kw_only=True)
class Fence:
    """The number of the lease under which a batch is written.

    Attributes:
        name: Of the lock, as in `ordercore.ports.locks.Lease`.
        token: The lease's ``fence``; once a higher one has written, this one may not.

    Raises:
        InvalidInput: the name is no usable text, or the token no whole number from 0.
    """

    name: str
    token: int

    def __attrs_post_init__(self) -> None:
        text_id(self.name, field="name")
        if type(self.token) is not int or not 0 <= self.token <= _LARGEST:
            raise InvalidInput(
                field="token", problem=f"got {self.token!r:.40}", allowed="a whole number from 0"
            )


def lost_fence(fence: Fence) -> LeaseLost:
    """Return the fault for a lease that somebody else has got, and written under, since."""
    return LeaseLost(kind=LOCK, id=fence.name, expected=fence.token)


def highest_fences(fences: Iterable[Fence]) -> tuple[Fence, ...]:
    """Return one fence per name, by name; for those who write an adapter.

    Raises:
        LeaseLost: a batch names one lock twice, under a lower fence the second time.
    """
    highest: dict[str, Fence] = {}
    for fence in fences:
        if fence.name in highest and fence.token < highest[fence.name].token:
            raise lost_fence(fence)
        highest[fence.name] = fence
    return tuple(highest[name] for name in sorted(highest))
