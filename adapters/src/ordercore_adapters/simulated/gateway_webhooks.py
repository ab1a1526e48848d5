"""What a simulated gateway tells by webhook: signed notices, waiting for the host to fetch them.

By plan (kind ``webhook``) a notice is late, delivered twice, or lost. It is fetched rather than
posted, so that no server has to run; headers and bytes are those of a delivery.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen

from ordercore.kernel.time import format_instant
from ordercore.ports import Clock
from ordercore_adapters.simulated.books import Books
from ordercore_adapters.simulated.faults import FaultPlan
from ordercore_adapters.simulated.gateway_books import bring_up_to_date

__all__ = ["Delivery", "Sign", "Webhooks"]

Sign = Callable[[str, datetime, bytes], Mapping[str, str]]
"""Makes the headers of a delivery from the id of the message, the instant and the body."""


@frozen(kw_only=True)
class Delivery:
    """One delivery of a notice, as a host receives it."""

    headers: Mapping[str, str]
    body: bytes


class Webhooks:
    """The queue of notices."""

    def __init__(self, books: Books, *, faults: FaultPlan, clock: Clock) -> None:
        """Send what is written down in ``books``."""
        self._books = books
        self._faults = faults
        self._clock = clock

    def drain(self, sign: Sign, *, limit: int = 100) -> tuple[Delivery, ...]:
        """Return what is due now, in the order in which it arrives; each delivery once.

        Args:
            sign: Signs with the gateway's secrets, for example the `sign` of a
                `ordercore_adapters.webhooks.WebhookSigner`.
            limit: How many at most.
        """
        with self._books.transaction() as db:
            now = self._clock.now()
            bring_up_to_date(db, self._faults, now)
            rows = db.execute(
                "SELECT position, id, tenant, order_id, key, type, at FROM notices "
                "WHERE NOT sent AND due_at <= ? ORDER BY due_at, position LIMIT ?",
                (format_instant(now), limit),
            ).fetchall()
            for row in rows:
                db.execute("UPDATE notices SET sent = 1 WHERE position = ?", row[:1])
        return tuple(_delivery(sign, row[1:], now) for row in rows)


def _delivery(sign: Sign, row: tuple[str, ...], now: datetime) -> Delivery:
    id_, tenant, order_id, key, kind, at = row
    data = {"tenant": tenant, "order_id": order_id, "key": key}
    content = {"type": kind, "timestamp": at, "data": data}
    body = json.dumps(content, sort_keys=True).encode()
    return Delivery(headers=sign(id_, now, body), body=body)
