"""A sealer that encrypts nothing because it lets nothing out.

Encryption proper needs a library, which this adapter does without. What it stores and hands out as
sealed bytes is a name for the credentials; the credentials stay in a private dictionary of this
object and end with it. It must therefore not be combined with a store that outlives the process.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count

from ordercore.domain.delivery import Credentials, SealedCredentials, associated_data
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId

__all__ = ["PlainlessSealer"]

_KEY_ID = "memory"
_Handle = tuple[str, bytes, bytes]


class PlainlessSealer:
    """Keeps credentials to itself and gives out a handle, bound to its place as real seals are."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._kept: dict[_Handle, tuple[bytes, dict[str, str]]] = {}

    async def seal(
        self,
        credentials: Credentials,
        *,
        tenant: TenantId,
        order_id: OrderId,
        item: ItemId,
        resource: str,
    ) -> SealedCredentials:
        """Keep the credentials and return a handle."""
        nonce = next(self._numbers).to_bytes(12, "big")
        handle = (_KEY_ID, nonce, sha256(nonce).digest())
        place = associated_data(tenant, order_id, item, resource)
        self._kept[handle] = (place, dict(credentials.values))
        return SealedCredentials(
            tenant=tenant,
            order_id=order_id,
            item=item,
            resource=resource,
            key_id=_KEY_ID,
            nonce=nonce,
            ciphertext=handle[2],
        )

    async def open(self, sealed: SealedCredentials) -> Credentials:
        """Return what the handle stands for."""
        kept = self._kept.get((sealed.key_id, sealed.nonce, sealed.ciphertext))
        place = associated_data(sealed.tenant, sealed.order_id, sealed.item, sealed.resource)
        if kept is None or kept[0] != place:
            raise InvalidInput(field="sealed", problem="was not sealed here, for this place")
        return Credentials(values=dict(kept[1]))
