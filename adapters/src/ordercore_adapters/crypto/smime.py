"""S/MIME (RFC 8551): a message only the owner of a certificate's private key can read.

The content is encrypted with AES-256, its key with the certificate's RSA key. The message is not
signed: whoever writes to a customer signs with an identity that is the host's, not this library's.
"""

from __future__ import annotations

from datetime import datetime
from email import policy
from email.message import EmailMessage

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

__all__ = ["can_encrypt_for", "envelope"]


def can_encrypt_for(certificate: x509.Certificate, at: datetime) -> bool:
    """Say whether a message may be encrypted for this certificate at ``at``.

    It may when the certificate is valid then, holds an RSA key, and allows key encipherment where
    it says what it is for.
    """
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return False
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return True
    return usage.value.key_encipherment


def envelope(text: str, certificate: x509.Certificate) -> EmailMessage:
    """Return a message without addresses that carries ``text`` encrypted for ``certificate``."""
    inner = EmailMessage(policy=policy.SMTP)
    inner.set_content(text, cte="base64")
    enveloped = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(inner.as_bytes())
        .add_recipient(certificate)
        .set_content_encryption_algorithm(algorithms.AES256)
        .encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    outer = EmailMessage(policy=policy.SMTP)
    outer.set_content(
        enveloped,
        maintype="application",
        subtype="pkcs7-mime",
        cte="base64",
        disposition="attachment",
        filename="smime.p7m",
        params={"smime-type": "enveloped-data", "name": "smime.p7m"},
    )
    return outer
