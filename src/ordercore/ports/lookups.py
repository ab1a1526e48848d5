"""Data that an order needs and somebody else keeps (R6).

A look-up changes nothing, so it may be repeated at any time. That it takes too long, or that nobody
is reached, happens to everybody and is an answer like the others; each says what it is, so that the
customer can be told and operators can see it.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeAlias, TypeVar

from attrs import field, frozen

from ordercore.domain.orders import Recipient
from ordercore.kernel.ids import ActorId, TenantId

__all__ = [
    "LookedUp",
    "LookupTimedOut",
    "LookupUnreachable",
    "LookupsPort",
    "NothingFound",
    "RecipientLookup",
    "RecipientQuery",
]

T = TypeVar("T")


@frozen
class LookedUp(Generic[T]):
    """What was found."""

    value: T


@frozen
class NothingFound:
    """The service answered that there is no such thing."""


@frozen
class LookupTimedOut:
    """The service did not answer in time."""


@frozen(kw_only=True)
class LookupUnreachable:
    """The service was not reached, or its answer made no sense.

    Attributes:
        code: A plain name, such as ``connection_refused``; nothing of the answer.
    """

    code: str


@frozen(kw_only=True)
class RecipientQuery:
    """Which entry of whose address book.

    Attributes:
        customer: The opaque id of the user.
        entry: What the user calls it, such as ``home``; hidden from repr.
    """

    tenant: TenantId
    customer: ActorId
    entry: str = field(repr=False)


RecipientLookup: TypeAlias = LookedUp[Recipient] | NothingFound | LookupTimedOut | LookupUnreachable


class LookupsPort(Protocol):
    """Asks whoever keeps the data; bounds how long that may take, and tries once."""

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Return name and address of an entry in a customer's address book."""
        ...
