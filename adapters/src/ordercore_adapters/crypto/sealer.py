"""Sealing credentials for rest, bound to tenant, order, item and resource."""

from __future__ import annotations

import json

from ordercore.domain.delivery import Credentials, SealedCredentials, associated_data
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore_adapters.crypto.keyring import Keyring, Sealed

__all__ = ["AesGcmSealer"]


class AesGcmSealer:
    """A `SealerPort` that never suspends; safe in several threads."""

    def __init__(self, keyring: Keyring) -> None:
        """Seal with the current key of ``keyring``, open with all of them."""
        self._keyring = keyring

    async def seal(
        self,
        credentials: Credentials,
        *,
        tenant: TenantId,
        order_id: OrderId,
        item: ItemId,
        resource: str,
    ) -> SealedCredentials:
        """Encrypt under the current key."""
        message = json.dumps(dict(credentials.values), sort_keys=True).encode()
        sealed = self._keyring.seal(
            message, bound_to=associated_data(tenant, order_id, item, resource)
        )
        return SealedCredentials(
            tenant=tenant,
            order_id=order_id,
            item=item,
            resource=resource,
            key_id=sealed.key_id,
            nonce=sealed.nonce,
            ciphertext=sealed.ciphertext,
        )

    async def open(self, sealed: SealedCredentials) -> Credentials:
        """Decrypt with the key it names.

        Raises:
            InvalidInput: unknown key, or the bytes were changed or moved; never says what was
                inside.
        """
        message = self._keyring.open(
            Sealed(key_id=sealed.key_id, nonce=sealed.nonce, ciphertext=sealed.ciphertext),
            bound_to=associated_data(sealed.tenant, sealed.order_id, sealed.item, sealed.resource),
        )
        try:
            values = json.loads(message)
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise InvalidInput(field="sealed", problem="holds no credentials")
        return Credentials(values=values)

    async def reseal(self, sealed: SealedCredentials) -> SealedCredentials:
        """Return the same credentials under the current key; unchanged if they are already.

        Run it over the vault after a rotation, and an old key can be taken off the ring.

        Raises:
            InvalidInput: as for `open`.
        """
        if sealed.key_id == self._keyring.current:
            return sealed
        return await self.seal(
            await self.open(sealed),
            tenant=sealed.tenant,
            order_id=sealed.order_id,
            item=sealed.item,
            resource=sealed.resource,
        )

    def __repr__(self) -> str:
        return f"AesGcmSealer({self._keyring!r})"
