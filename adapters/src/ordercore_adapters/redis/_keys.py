"""Names of keys: injective, and of one slot per tenant where there are several servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ordercore.kernel.ids import TenantId

__all__ = ["PREFIX", "micros", "tenant_key"]

PREFIX = "ordercore"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tenant_key(prefix: str, tenant: TenantId, kind: str, *rest: str) -> str:
    """Return the key of one thing of a tenant.

    Redis places a key by what stands in its first braces. The length in front of the tenant keeps
    these from being empty, and the whole unambiguous whatever the tenant is called.
    """
    return ":".join((prefix, f"{{{len(tenant)}:{tenant}}}", kind, *rest))


def micros(at: datetime) -> int:
    """Return the microseconds since 1970; a double holds them exactly until the year 2255."""
    return (at - _EPOCH) // timedelta(microseconds=1)
