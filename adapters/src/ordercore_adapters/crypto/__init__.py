"""Encryption for credentials: sealed at rest, enveloped or behind a one-time link on their way.

Needs the extra ``crypto``.
"""

try:
    import cryptography as _cryptography  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "cryptography":
        raise
    raise ModuleNotFoundError(
        "encryption needs the extra 'crypto': pip install 'ordercore-adapters[crypto]'",
        name="cryptography",
    ) from error

from ordercore_adapters.crypto.keyring import KEY_BYTES, Keyring, Sealed, new_key
from ordercore_adapters.crypto.keyring_source import (
    KEYS_VARIABLE,
    load_keyring,
    parse_keyring,
    rotate_keyring,
)
from ordercore_adapters.crypto.links import LINK_LIFETIME_S, OneTimeLinks
from ordercore_adapters.crypto.mailer import Certificates, EncryptedMailer, Send
from ordercore_adapters.crypto.sealer import AesGcmSealer
from ordercore_adapters.crypto.smime import can_encrypt_for, envelope

__all__ = [
    "AesGcmSealer",
    "Certificates",
    "EncryptedMailer",
    "KEYS_VARIABLE",
    "KEY_BYTES",
    "Keyring",
    "LINK_LIFETIME_S",
    "OneTimeLinks",
    "Sealed",
    "Send",
    "can_encrypt_for",
    "envelope",
    "load_keyring",
    "new_key",
    "parse_keyring",
    "rotate_keyring",
]
