"""Access credentials: in the clear only for a moment, sealed wherever they rest.

`Credentials` hides its values from ``repr`` and from equality errors; it is never part of an event,
an audit record, a saga's memory or a stored order. `SealedCredentials` is what is stored: bytes
nobody can read without the key, bound to tenant, order and item by associated data.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ordercore.kernel.ids import ItemId, OrderId, TenantId

__all__ = ["Credentials", "SealedCredentials", "associated_data"]


@frozen(kw_only=True)
class Credentials:
    """How to reach one resource: addresses, hostnames, connection strings, endpoints.

    Attributes:
        values: Name to value, such as ``connection_string``; hidden from repr.
    """

    values: Mapping[str, str] = field(repr=False, hash=False)

    def __str__(self) -> str:
        return "Credentials(hidden)"


@frozen(kw_only=True)
class SealedCredentials:
    """The encrypted credentials of one item.

    Attributes:
        resource: The provider's reference of the resource they open.
        key_id: Which key sealed them; old keys stay readable after a rotation.
        nonce: Number used once with this key.
        ciphertext: The encrypted values with their authentication tag.
    """

    tenant: TenantId
    order_id: OrderId
    item: ItemId
    resource: str
    key_id: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


def associated_data(tenant: str, order_id: str, item: str, resource: str) -> bytes:
    """Return the bytes that bind sealed credentials to their place.

    Moved to another tenant, order, item or resource they can no longer be opened.
    """
    return "\x1f".join((tenant, order_id, item, resource)).encode("utf-8", "surrogatepass")
