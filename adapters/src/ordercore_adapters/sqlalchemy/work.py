"""Work that waits: scheduled, withdrawn, leased, released.

A lease counts as held until it is released or the work is claimed again; its end only says from
when somebody else may claim. Fences begin at a clock's ticks, so a row that was finished and asked
for anew never gives out a number that a forgotten worker still holds. A finished row is emptied
before it is deleted: whether it was touched meanwhile is decided on the locked row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ordercore.engine.messaging import Claim, Release, Work, WorkKind
from ordercore.kernel.ids import TenantId
from ordercore_adapters.sqlalchemy.dialect import Dialect
from ordercore_adapters.sqlalchemy.statement import Clash, Row, Statement, insert

__all__ = [
    "claim_work",
    "claims",
    "find_work",
    "next_due",
    "release_work",
    "schedule_work",
    "withdraw_work",
]

_COLUMNS = ("tenant", "kind", "subject", "due_at", "touched", "fence", "lease_until")
_AGAIN = (
    "ON CONFLICT (tenant, kind, subject) DO UPDATE SET touched = work.touched + 1, "
    "due_at = CASE WHEN work.lease_until IS NOT NULL AND work.due_at < excluded.due_at "
    "THEN work.due_at ELSE excluded.due_at END"
)
_KEY = "tenant = ? AND kind = ? AND subject = ?"
_WITHDRAW = f"DELETE FROM work WHERE {_KEY} AND lease_until IS NULL"
_HELD = f"{_KEY} AND fence = ? AND lease_until IS NOT NULL"
_PUT_OFF = (
    "UPDATE work SET lease_until = NULL, "
    f"due_at = CASE WHEN touched = ? OR due_at > ? THEN ? ELSE due_at END WHERE {_HELD}"
)
_FINISH = (
    "UPDATE work SET lease_until = NULL, "
    f"due_at = CASE WHEN touched = ? THEN NULL ELSE due_at END WHERE {_HELD}"
)
_SWEEP = f"DELETE FROM work WHERE {_KEY} AND due_at IS NULL"


def schedule_work(tenant: TenantId, work: Iterable[Work], dialect: Dialect) -> Statement:
    """Return the statement that asks for work; each subject at most once, each with a due time."""
    rows = (
        (tenant, str(each.kind), each.subject, dialect.put_maybe(each.due_at), 1, 0, None)
        for each in work
    )
    return insert("work", _COLUMNS, rows, tail=_AGAIN)


def withdraw_work(tenant: TenantId, work: Work) -> Statement:
    """Return the statement that takes work back unless somebody holds it."""
    return Statement(sql=_WITHDRAW, values=(tenant, str(work.kind), work.subject))


def release_work(release: Release, dialect: Dialect) -> tuple[Statement, ...]:
    """Return the statements that end a lease, or find that it was lost."""
    claim = release.claim
    key = (claim.tenant, str(claim.kind), claim.subject)
    clash = Clash(kind=str(claim.kind), id=claim.subject, expected=claim.fence, lease=True)
    if release.due_at is not None:
        due = dialect.put(release.due_at)
        values = (claim.touched, due, due, *key, claim.fence)
        return (Statement(sql=_PUT_OFF, values=values, clash=clash),)
    return (
        Statement(sql=_FINISH, values=(claim.touched, *key, claim.fence), clash=clash),
        Statement(sql=_SWEEP, values=key, after=True),
    )


def claim_work(
    kind: WorkKind,
    *,
    now: datetime,
    limit: int,
    tenant: TenantId | None,
    lease: timedelta,
    dialect: Dialect,
) -> Statement:
    """Return the statement that leases work that is due, earliest first."""
    due, values = _due(kind, now, tenant, dialect)
    sql = (
        f"WITH due AS MATERIALIZED (SELECT tenant, kind, subject FROM work WHERE {due} "
        f"ORDER BY due_at, tenant, subject LIMIT ? {dialect.skip}) "
        f"UPDATE work SET lease_until = ?, fence = {dialect.fence} "
        "WHERE (tenant, kind, subject) IN (SELECT tenant, kind, subject FROM due) "
        "RETURNING tenant, subject, fence, touched, due_at"
    )
    ends = dialect.put(now + lease)
    return Statement(sql=sql, values=(*values, limit, ends, *dialect.ticks()))


def find_work(
    kind: WorkKind, *, now: datetime, tenant: TenantId | None, dialect: Dialect
) -> Statement:
    """Return the statement that looks whether there is anything to lease, and changes nothing."""
    due, values = _due(kind, now, tenant, dialect)
    return Statement(sql=f"SELECT 1 FROM work WHERE {due} LIMIT 1", values=values)


def _due(
    kind: WorkKind, now: datetime, tenant: TenantId | None, dialect: Dialect
) -> tuple[str, tuple[object, ...]]:
    at = dialect.put(now)
    sql = "kind = ? AND due_at <= ? AND (lease_until IS NULL OR lease_until <= ?)"
    if tenant is None:
        return sql, (str(kind), at, at)
    return f"{sql} AND tenant = ?", (str(kind), at, at, tenant)


def claims(kind: WorkKind, rows: Iterable[Row], dialect: Dialect) -> tuple[Claim, ...]:
    """Return the leases in the rows of `claim_work`, earliest first."""
    made = (
        Claim(
            tenant=tenant,
            kind=kind,
            subject=subject,
            fence=fence,
            touched=touched,
            due_at=dialect.get(due_at),
        )
        for tenant, subject, fence, touched, due_at in rows
    )
    return tuple(sorted(made, key=lambda claim: (claim.due_at, claim.tenant, claim.subject)))


def next_due(tenant: TenantId | None) -> Statement:
    """Return the statement that finds when the earliest work can be claimed.

    It reads the first row of each kind off the index, and the few rows that are leased.
    """
    own = "" if tenant is None else "AND tenant = ?"
    earliest = [
        f"SELECT at FROM (SELECT due_at AS at FROM work WHERE kind = '{kind}' "
        f"AND due_at IS NOT NULL AND lease_until IS NULL {own} ORDER BY due_at LIMIT 1) AS {kind}"
        for kind in WorkKind
    ]
    leased = (
        "SELECT min(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) AS at "
        f"FROM work WHERE lease_until IS NOT NULL {own}"
    )
    parts = [*earliest, leased]
    values = () if tenant is None else (tenant,) * len(parts)
    return Statement(sql=f"SELECT min(at) FROM ({' UNION ALL '.join(parts)}) AS e", values=values)
