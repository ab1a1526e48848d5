"""The two PostgreSQL roles: one that serves a tenant, one that serves the queue of all of them.

The first is plain: every row it reads or writes must belong to the tenant its transaction names.
The second sees the rows of ``work`` and nothing else, and may ask for the name of a tenant that has
old records to remove; a worker uses it to find out for whom there is something to do, and then goes
on as the first. Each needs a login of its own: a login that is a member of both would see every
tenant's queue in all it does.
"""

from __future__ import annotations

import sqlalchemy as sa

from ordercore_adapters.sqlalchemy.engines import blocking_engine
from ordercore_adapters.sqlalchemy.faults import StorageFault
from ordercore_adapters.sqlalchemy.tables import TABLES, VERSION_TABLE, VIEWS

__all__ = ["create_roles", "serves_every_queue"]

_KEPT = frozenset(
    {
        "audit_records",
        "fences",
        "number_series",
        "payment_references",
        "stock",
        "stock_movements",
    }
)
"""Tables whose rows nobody takes away: a count that begins anew would be believed."""

_TO_SWEEP = "ordercore_to_sweep(timestamptz, timestamptz, timestamptz)"
_SEES_ALL = """
SELECT NOT row_security_active('work') OR EXISTS (
    SELECT 1 FROM pg_policies AS p, unnest(p.roles) AS r(name)
    WHERE p.schemaname = current_schema() AND p.tablename = 'work'
      AND p.policyname LIKE 'ordercore\\_queue\\_%%' AND pg_has_role(current_user, r.name, 'USAGE'))
"""


def create_roles(url: str, *, app: str = "ordercore_app", worker: str = "ordercore_worker") -> None:
    """Create both roles where they are missing, and grant them what they need; may be repeated.

    New roles cannot log in: grant them to logins, or give them a password. Run this as the owner of
    the tables after each migration; creating roles needs the right to do so, granting does not.

    Args:
        url: Address of the PostgreSQL database, as the owner of the tables.
        app: Role of whoever uses the library.
        worker: Role with which workers look for work of every tenant.

    Raises:
        StorageFault: the database cannot be reached, or the role may not do this.
    """
    engine = blocking_engine(url, poolclass=sa.NullPool)
    quote = engine.dialect.identifier_preparer.quote
    try:
        with engine.begin() as connection:
            for role in (app, worker):
                known = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role")
                if connection.execute(known, {"role": role}).first() is None:
                    connection.exec_driver_sql(f"CREATE ROLE {quote(role)} NOLOGIN")
            for statement in (*_app_grants(quote(app)), *_worker_grants(quote(worker))):
                connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        raise StorageFault(problem=str(error.orig).partition("\n")[0]) from None
    finally:
        engine.dispose()


def serves_every_queue(url: str) -> bool:
    """Return whether this login sees the work of every tenant."""
    engine = blocking_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return bool(connection.exec_driver_sql(_SEES_ALL).scalar())
    except sa.exc.DBAPIError as error:
        raise StorageFault(problem=str(error.orig).partition("\n")[0]) from None
    finally:
        engine.dispose()


def _app_grants(role: str) -> list[str]:
    changing = ", ".join(name for name in TABLES if name not in _KEPT)
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {changing} TO {role}",
        f"GRANT SELECT, INSERT ON stock_movements TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON stock, number_series, fences TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON payment_references TO {role}",
        # The trail only grows; what it says about a person can be taken out of it.
        f"GRANT SELECT, INSERT, UPDATE (personal, salt) ON audit_records TO {role}",
        f"GRANT SELECT ON {', '.join((*VIEWS, VERSION_TABLE))} TO {role}",
    ]


def _worker_grants(role: str) -> list[str]:
    policy = "ordercore_queue_worker"
    return [
        f"GRANT SELECT, UPDATE ON work TO {role}",
        f"GRANT EXECUTE ON FUNCTION {_TO_SWEEP} TO {role}",
        f"DROP POLICY IF EXISTS {policy} ON work",
        f"CREATE POLICY {policy} ON work TO {role} USING (true)",
    ]
