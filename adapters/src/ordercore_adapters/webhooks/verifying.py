"""Taking a notice in: the signature over the raw bytes first, and only then what they say.

Nothing is parsed that is not signed. A signature holds for minutes, so a notice that somebody wrote
down cannot be replayed for ever; within that time repeats are harmless, since a notice only causes
a look-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId, TenantId, text_id
from ordercore.kernel.result import Refusal
from ordercore.ports import Clock, PaymentNotice
from ordercore_adapters.webhooks.signatures import matches, signers

__all__ = ["TOLERANCE_S", "WebhookVerifier"]

TOLERANCE_S: Final = 300
"""How far the clocks of sender and receiver, and the way between them, may lie apart."""

_LONGEST_BODY = 65_536
_SECONDS = re.compile(r"[0-9]{1,11}")


class WebhookVerifier:
    """Takes the notices of one endpoint in.

    Safe in several threads; it holds nothing but secrets, which show in no text form.
    """

    def __init__(
        self,
        *secrets: str,
        clock: Clock,
        tenant: TenantId | None = None,
        tolerance_s: int = TOLERANCE_S,
    ) -> None:
        """Accept what one of ``secrets`` has signed.

        Args:
            secrets: ``whsec_`` and base64; more than one while a secret is rotated.
            clock: Tells how old a message is.
            tenant: Whose events the endpoint is for; None where one account serves all tenants.
            tolerance_s: How old a message may be, or how far ahead.

        Raises:
            InvalidInput: there is no secret, or one is malformed or short; it is not repeated.
        """
        self._webhooks = signers(secrets)
        self._clock = clock
        self._tenant = tenant
        self._tolerance_s = tolerance_s

    def verify(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | Refusal:
        """Return what a message says, or why it is not taken in.

        Args:
            headers: As they came; upper and lower case are the same.
            body: The bytes as they came, before anything was parsed.

        Returns:
            The notice; a refusal ``signature_missing``, ``timestamp_outside_tolerance``,
            ``signature_mismatch``, ``notice_malformed``, or ``other_tenant`` for an event of
            somebody else, which is to be acknowledged and dropped.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        event_id = lowered.get("webhook-id", "")
        seconds = lowered.get("webhook-timestamp", "")
        signature = lowered.get("webhook-signature", "")
        if not event_id or not signature or not _SECONDS.fullmatch(seconds):
            return Refusal(code="signature_missing", reason="the message is not signed")
        at = datetime.fromtimestamp(int(seconds), tz=UTC)
        if abs(self._clock.now() - at) > timedelta(seconds=self._tolerance_s):
            return Refusal(
                code="timestamp_outside_tolerance",
                reason=f"the message is more than {self._tolerance_s} s off our clock",
            )
        text = _text(body)
        if text is None or not matches(
            self._webhooks, signature, event_id=event_id, at=at, text=text
        ):
            return Refusal(code="signature_mismatch", reason="no secret of ours has signed this")
        notice = _notice(event_id, text)
        if notice is None:
            return Refusal(code="notice_malformed", reason="the message names no payment")
        if self._tenant not in (None, notice.tenant):
            return Refusal(code="other_tenant", reason="the event is about somebody else's payment")
        return notice

    def __repr__(self) -> str:
        return f"WebhookVerifier(secrets={len(self._webhooks)})"


def _text(body: bytes) -> str | None:
    """Return the text of a body; None for one that no sender of ours would sign."""
    if len(body) > _LONGEST_BODY:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _notice(event_id: str, text: str) -> PaymentNotice | None:
    try:
        data = json.loads(text)["data"]
        return PaymentNotice(
            event_id=text_id(event_id, field="event_id"),
            key=text_id(data["key"], field="key"),
            tenant=TenantId(text_id(data["tenant"], field="tenant")),
            order_id=OrderId(text_id(data["order_id"], field="order_id")),
        )
    except (ValueError, KeyError, TypeError, RecursionError, InvalidInput):
        return None
