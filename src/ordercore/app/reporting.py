"""Use cases: statistics of a tenant, and the proof that an audit trail is whole."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from ordercore.app._asked import of_kind, usable_id
from ordercore.app._change import load
from ordercore.app._recording import public_bytes
from ordercore.app.use_case import Caller
from ordercore.codec import decode_stored, encode
from ordercore.domain.insight import OrderStats, summarise
from ordercore.engine.audit import AuditRecord, first_broken, personal_digest
from ordercore.kernel.ids import OrderId
from ordercore.kernel.time import start_of_day, start_of_month, start_of_week
from ordercore.ports import Ports

__all__ = ["AuditVerdict", "TenantStats", "VerifyAudit", "broken_at"]

_CACHED_FOR = timedelta(minutes=5)


@frozen(kw_only=True)
class TenantStats:
    """How a tenant's orders are doing; cached for five minutes."""

    caller: Caller = field(validator=of_kind(Caller))

    async def run(self, ports: Ports) -> OrderStats:
        """Return the statistics, at most five minutes old.

        Raises:
            UnreadableRecord: the cached ones are damaged, or were written by a newer release.
        """
        now = ports.clock.now()
        key = f"stats/{self.caller.tenant}"
        cached = await ports.cache.get(key, now=now)
        if cached is not None:
            return decode_stored(OrderStats, cached, name="cache entry", id=key)
        groups = await ports.read_models.groups(
            self.caller.tenant,
            day=start_of_day(now),
            week=start_of_week(now),
            month=start_of_month(now),
        )
        stats = summarise(groups)
        await ports.cache.put(key, encode(stats), expires_at=now + _CACHED_FOR)
        return stats


@frozen(kw_only=True)
class AuditVerdict:
    """Whether an order's audit trail is whole.

    Attributes:
        records: How many there are.
        broken_at: Position, from 1, of the first record that does not verify; None when all do.
    """

    records: int
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """True when every record verifies and the last one is the order's own."""
        return self.broken_at is None


@frozen(kw_only=True)
class VerifyAudit:
    """Recompute the hash chain of an order's audit trail."""

    caller: Caller = field(validator=of_kind(Caller))
    order_id: OrderId = field(validator=usable_id)

    async def run(self, ports: Ports) -> AuditVerdict:
        """Return the verdict.

        Raises:
            NotFound: there is no such order in the caller's tenant.
        """
        stored = await load(ports, self.caller, self.order_id)
        records = await ports.audit.history(self.caller.tenant, self.order_id)
        broken = broken_at(records, chain=stored.chain)
        return AuditVerdict(records=len(records), broken_at=broken)


def broken_at(records: tuple[AuditRecord, ...], *, chain: str) -> int | None:
    """Return the position, from 1, of the first record that does not verify; None when all do.

    Args:
        records: An order's whole audit trail, oldest first.
        chain: Digest of its newest record, as stored with the order.
    """
    broken = first_broken(
        (record.previous, record.digest, public_bytes(record), record.personal_digest)
        for record in records
    )
    if broken is None:
        broken = next((n for n, record in enumerate(records) if not _personal_ok(record)), None)
    if broken is None and (not records or records[-1].digest != chain):
        broken = len(records)  # records were cut off at the end
    return None if broken is None else broken + 1


def _personal_ok(record: AuditRecord) -> bool:
    """Return whether the personal part is the one that was recorded, or has been erased."""
    if record.personal is None:
        return True
    salt = record.salt or ""
    return personal_digest(record.personal.encode(), salt) == record.personal_digest
