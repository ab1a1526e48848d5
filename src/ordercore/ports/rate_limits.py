"""How often a caller may ask: token buckets.

A bucket holds up to ``burst`` tokens and is filled evenly with ``refill`` of them per ``per_s``
seconds. Each request takes one; where there is none it is refused and told when to come back. So a
caller who was quiet may ask ``burst`` times at once, and nobody gets more than ``refill`` for long.
Fixed windows are no substitute: they let twice the limit through where two of them meet.

Tokens are reckoned in whole units small enough that a microsecond adds a whole number of them, so
that nothing is lost to rounding, however often one asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from attrs import frozen

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import TenantId

__all__ = ["Admitted", "Limited", "RateLimit", "RateLimitsPort", "RateVerdict"]

_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_EXACT = 2**53  # beyond it a double, the number of many stores, skips some integers


@frozen(kw_only=True)
class RateLimit:
    """How fast a bucket fills and how much it holds.

    Attributes:
        refill: Tokens that are added per ``per_s`` seconds.
        burst: Tokens a full bucket holds; every bucket starts full.
    """

    refill: int
    per_s: int
    burst: int

    def __attrs_post_init__(self) -> None:
        for name in ("refill", "per_s", "burst"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InvalidInput(field=name, problem=f"got {value!r}", allowed="1 or more")
        if self.capacity > _EXACT:
            raise InvalidInput(
                field="burst",
                problem=f"{self.burst} tokens over {self.per_s} s cannot be counted exactly",
                allowed=f"burst times per_s up to {_EXACT // 1_000_000}",
            )

    @property
    def unit(self) -> int:
        """Return how many units one token is; a microsecond adds ``refill`` of them."""
        return self.per_s * (_SECOND // _MICROSECOND)

    @property
    def capacity(self) -> int:
        """Return how many units a full bucket holds."""
        return self.burst * self.unit

    def verdict(self, *, admitted: bool, units: int) -> RateVerdict:
        """Return what to tell a caller who left ``units`` in the bucket.

        >>> RateLimit(refill=1000, per_s=60, burst=2000).verdict(admitted=False, units=0)
        Limited(retry_after=datetime.timedelta(microseconds=60000))
        """
        if admitted:
            return Admitted(remaining=units // self.unit)
        return Limited(retry_after=-(-(self.unit - units) // self.refill) * _MICROSECOND)


@frozen(kw_only=True)
class Admitted:
    """The request may go on.

    Attributes:
        remaining: How many more would be admitted right now.
    """

    remaining: int


@frozen(kw_only=True)
class Limited:
    """The request is refused and took nothing.

    Attributes:
        retry_after: When a token will be there, unless another caller takes it. In a header
            (``Retry-After``) it is rounded up to whole seconds.
    """

    retry_after: timedelta


RateVerdict: TypeAlias = Admitted | Limited


class RateLimitsPort(Protocol):
    """Buckets by tenant, name and limit; each is full when it is first asked."""

    async def take(
        self, tenant: TenantId, name: str, *, limit: RateLimit, now: datetime
    ) -> RateVerdict:
        """Take one token, in one step with the look whether there is one.

        A clock that is behind that of another caller fills nothing and costs nothing. Not
        idempotent: whoever asks twice takes two.

        Raises:
            InvalidInput: the name is not text.
        """
        ...
