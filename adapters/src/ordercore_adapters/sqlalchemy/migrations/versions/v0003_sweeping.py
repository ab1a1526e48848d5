"""What is needed to remove old records of messages: when a message was taken in, and indexes.

Marks that are there count as taken in now. The column keeps a default, because a host of the
release before may still be writing marks while this one starts. A migration is history: nothing
here refers to the tables of the current release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AGES = (
    ("outbox", "outbox_published", "published_at"),
    ("inbox", "inbox_taken", "taken_at"),
    ("idempotency", "idempotency_expiry", "expires_at"),
)


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("ALTER TABLE inbox ADD COLUMN taken_at timestamptz NOT NULL DEFAULT now()")
    else:
        _inbox_anew(_MARK, _AGE, _KEY)
    for table, index, age in _AGES:
        op.create_index(index, table, [age])
    if postgres:
        _tell_whose()


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("DROP FUNCTION ordercore_to_sweep(timestamptz, timestamptz, timestamptz)")
        for table, _, _ in _AGES:
            op.execute(f"DROP POLICY ordercore_sweep_owner ON {table}")
    for table, index, _ in _AGES:
        op.drop_index(index, table_name=table)
    if postgres:
        op.execute("ALTER TABLE inbox DROP COLUMN taken_at")
    else:
        _inbox_anew(_MARK, _KEY)


def _inbox_anew(*parts: str) -> None:
    """Put another table in the place of the marks: SQLite adds no column that must have a value."""
    op.execute("ALTER TABLE inbox RENAME TO inbox_before")
    op.execute(f"CREATE TABLE inbox ({', '.join(parts)}) WITHOUT ROWID")
    key = "tenant, consumer, message_id"
    op.execute(f"INSERT INTO inbox ({key}) SELECT {key} FROM inbox_before")
    op.execute("DROP TABLE inbox_before")


_MARK = "tenant TEXT NOT NULL, consumer TEXT NOT NULL, message_id TEXT NOT NULL"
_KEY = "PRIMARY KEY (tenant, consumer, message_id)"
_AGE = "taken_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))"


def _tell_whose() -> None:
    """Let whoever may run the function learn the name of one tenant with rows to remove.

    It runs as the owner of the tables, who sees all rows only inside of it.
    """
    for table, _, _ in _AGES:
        op.execute(
            f"CREATE POLICY ordercore_sweep_owner ON {table} FOR SELECT TO CURRENT_USER "
            "USING (current_setting('ordercore.sweeping', true) = 'yes')"
        )
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    op.execute(_TO_SWEEP.replace("SCHEMA_OF_THE_TABLES", schema))
    op.execute(
        "REVOKE EXECUTE ON FUNCTION ordercore_to_sweep(timestamptz, timestamptz, timestamptz) "
        "FROM PUBLIC"
    )


_TO_SWEEP = """
CREATE FUNCTION ordercore_to_sweep(published timestamptz, taken timestamptz, expired timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = SCHEMA_OF_THE_TABLES, pg_temp
AS $$
DECLARE
    found text;
BEGIN
    PERFORM set_config('ordercore.sweeping', 'yes', true);
    SELECT whose.tenant INTO found FROM (
        (SELECT o.tenant FROM outbox AS o WHERE o.published_at < published LIMIT 1)
        UNION ALL
        (SELECT m.tenant FROM inbox AS m WHERE m.taken_at < taken AND NOT EXISTS (
            SELECT 1 FROM outbox AS o WHERE o.tenant = m.tenant AND o.published_at IS NULL
               AND o.id = m.message_id) LIMIT 1)
        UNION ALL
        (SELECT a.tenant FROM idempotency AS a WHERE a.expires_at <= expired LIMIT 1)
    ) AS whose LIMIT 1;
    PERFORM set_config('ordercore.sweeping', '', true);
    RETURN found;
END
$$
"""
