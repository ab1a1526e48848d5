"""Signing by Standard Webhooks: HMAC-SHA256 over id, timestamp and body, one per valid secret.

While a secret is rotated there are two: the sender signs with both, the receiver takes either.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook

from ordercore.kernel.errors import InvalidInput

__all__ = ["WebhookSigner", "matches", "signers"]

_SHORTEST = 24
"""Bytes of a secret, as the specification recommends at least."""

_MOST_SIGNATURES = 16
"""How many are looked at, so that nobody makes us compare for ever."""


class WebhookSigner:
    """Signs messages with every secret that is valid."""

    def __init__(self, *secrets: str) -> None:
        """Sign with ``secrets``, each ``whsec_`` and base64 of 24 bytes or more, newest first.

        Raises:
            InvalidInput: there is none, or one is malformed or short; it is not repeated.
        """
        self._webhooks = signers(secrets)

    def sign(self, event_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        """Return the headers of a message.

        Args:
            event_id: The id of the message, the same for every delivery of it.
            at: When it is sent.
            body: UTF-8 text, exactly as it will be sent.
        """
        text, at = body.decode(), at.astimezone(UTC)
        signatures = [webhook.sign(event_id, at, text) for webhook in self._webhooks]
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def __repr__(self) -> str:
        return f"WebhookSigner(secrets={len(self._webhooks)})"


def signers(secrets: tuple[str, ...]) -> tuple[Webhook, ...]:
    """Return what signs with each secret.

    Raises:
        InvalidInput: there is none, or one is malformed or short; it is not repeated.
    """
    if not secrets:
        raise InvalidInput(field="secrets", problem="are missing", allowed="one or more")
    return tuple(_signer(secret) for secret in secrets)


def matches(
    webhooks: tuple[Webhook, ...], given: str, *, event_id: str, at: datetime, text: str
) -> bool:
    """Return whether one of the signatures given is right under one of the secrets.

    Every pair is compared, in constant time each, so nothing is learned from how long it takes.
    """
    parts = [part for part in given.split(" ")[:_MOST_SIGNATURES] if part.startswith("v1,")]
    try:
        candidates = [part.encode() for part in parts]
        expected = [webhook.sign(event_id, at, text).encode() for webhook in webhooks]
    except UnicodeEncodeError:  # bytes that are no text, as frameworks keep them in surrogates
        return False
    found = [hmac.compare_digest(one, other) for one in expected for other in candidates]
    return any(found)


def _signer(secret: str) -> Webhook:
    allowed = f"'whsec_' and base64 of {_SHORTEST} bytes or more"
    try:
        text = secret.removeprefix("whsec_").rstrip("=")
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise InvalidInput(field="secrets", problem="one is malformed", allowed=allowed) from None
    if not secret.startswith("whsec_") or len(key) < _SHORTEST:
        raise InvalidInput(field="secrets", problem="one is malformed", allowed=allowed)
    return Webhook(key)
