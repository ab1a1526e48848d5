"""The data keys: one that seals, and older ones that still open what they once sealed.

AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce of 96 bits for every message
and associated data that binds the message to its place. Random nonces are safe for some four
thousand million messages under one key; rotate long before that. The key bytes go straight into
the cipher objects and are kept nowhere else, so no attribute or ``repr`` can show them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NoReturn

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ordercore.kernel.errors import InvalidInput

__all__ = ["KEY_BYTES", "Keyring", "Sealed", "new_key"]

KEY_BYTES = 32
"""Length of a data key: AES-256."""
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@frozen(kw_only=True)
class Sealed:
    """What the keyring makes of a message.

    Attributes:
        key_id: Which key sealed it.
        nonce: Used once with this key.
        ciphertext: The encrypted message with its authentication tag.
    """

    key_id: str
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Keyring:
    """Seals with the current key and opens with any key it holds.

    It can be neither copied by pickling nor printed: keys leave a process only through the variable
    or the file they came from.
    """

    __slots__ = ("_ciphers", "_current")

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Hold ``keys`` as pairs of id and 32 bytes; the first is the current one.

        Raises:
            InvalidInput: there is no key, an id occurs twice or is not 1 to 64 letters, digits,
                dots, dashes or underscores, or a key has another length. Never shows a key.
        """
        self._ciphers: dict[str, AESGCM] = {}
        for key_id, key in keys:
            self._add(key_id, key)
        if not self._ciphers:
            raise InvalidInput(field="keyring", problem="holds no key", allowed="at least one key")
        self._current = next(iter(self._ciphers))

    def _add(self, key_id: str, key: bytes) -> None:
        if not _KEY_ID.fullmatch(key_id):
            # The text may be key material that strayed into the wrong place, so it is not shown.
            raise InvalidInput(
                field="keyring",
                problem="a key id is not usable",
                allowed="1 to 64 letters, digits, dots, dashes or underscores",
            )
        if key_id in self._ciphers:
            raise InvalidInput(
                field="keyring", problem=f"two keys are called {key_id!r}", allowed="unique key ids"
            )
        if len(key) != KEY_BYTES:
            raise InvalidInput(
                field="keyring",
                problem=f"key {key_id!r} has {len(key)} bytes",
                allowed=f"{KEY_BYTES} bytes",
            )
        self._ciphers[key_id] = AESGCM(key)

    @property
    def current(self) -> str:
        """Id of the key that seals."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, the current one first."""
        return tuple(self._ciphers)

    def seal(self, message: bytes, *, bound_to: bytes) -> Sealed:
        """Encrypt ``message`` under the current key.

        Args:
            message: The clear text.
            bound_to: Associated data; the same bytes are needed to open it.
        """
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = self._ciphers[self._current].encrypt(nonce, message, bound_to)
        return Sealed(key_id=self._current, nonce=nonce, ciphertext=ciphertext)

    def open(self, sealed: Sealed, *, bound_to: bytes) -> bytes:
        """Decrypt with the key that ``sealed`` names.

        Raises:
            InvalidInput: the key is not on the ring, or the bytes were changed or moved.
        """
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise InvalidInput(
                field="sealed",
                problem="cannot be opened: its key is not on the keyring",
                allowed=f"sealed with one of {', '.join(self._ciphers)}",
            )
        try:
            return cipher.decrypt(sealed.nonce, sealed.ciphertext, bound_to)
        except (InvalidTag, ValueError):
            raise InvalidInput(
                field="sealed", problem="cannot be opened: it was changed, or moved elsewhere"
            ) from None

    def __repr__(self) -> str:
        return f"Keyring(current={self._current!r}, keys={len(self._ciphers)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring is not pickled; let the other process load its own")


def new_key() -> bytes:
    """Return a fresh data key from the operating system's entropy."""
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)
