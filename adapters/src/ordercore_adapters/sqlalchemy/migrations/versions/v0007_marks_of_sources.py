"""Marks that name a source before the event are seen; payments recorded meanwhile are taken in.

The mark of an event that was not sent is found as its bare id, and behind the first space of what a
consumer of messages wrote. The function keeps its owner, and with it whoever may run it.

Hosts of a release before 0005 went on to confirm payments while their successors started, without
saying which order each pays. Those are taken from the ledgers as they were then; what is recorded
already stays as it is. A migration is history: nothing here refers to the tables of the current
release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WHOLE = "m.message_id"
_BEHIND_SOURCE = "substr(m.message_id, strpos(m.message_id, ' ') + 1)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _tell_whose(_WHOLE, _BEHIND_SOURCE)
        # The walls keep even the owner from the rows of tenants that no transaction names.
        for table in ("orders", "payment_references"):
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(_TAKEN.format(sale="o.body::jsonb #>> '{sale,payment}'"))
        for table in ("orders", "payment_references"):
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    else:
        op.execute(_TAKEN.format(sale="json_extract(o.body, '$.sale.payment')"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _tell_whose(_WHOLE)


def _tell_whose(*events: str) -> None:
    """Write the function anew: a mark stays as long as one of these events was not sent."""
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    sent = " AND ".join(_NOT_UNSENT.format(event=event) for event in events)
    op.execute(_TO_SWEEP.replace("SCHEMA_OF_THE_TABLES", schema).replace("ALL_ARE_SENT", sent))


_NOT_UNSENT = """NOT EXISTS (
            SELECT 1 FROM outbox AS o WHERE o.tenant = m.tenant AND o.published_at IS NULL
               AND o.id = {event})"""

_TO_SWEEP = """
CREATE OR REPLACE FUNCTION
    ordercore_to_sweep(published timestamptz, taken timestamptz, expired timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = SCHEMA_OF_THE_TABLES, pg_temp
AS $$
DECLARE
    found text;
BEGIN
    PERFORM set_config('ordercore.sweeping', 'yes', true);
    SELECT whose.tenant INTO found FROM (
        (SELECT o.tenant FROM outbox AS o WHERE o.published_at < published LIMIT 1)
        UNION ALL
        (SELECT m.tenant FROM inbox AS m WHERE m.taken_at < taken AND ALL_ARE_SENT LIMIT 1)
        UNION ALL
        (SELECT a.tenant FROM idempotency AS a WHERE a.expires_at <= expired LIMIT 1)
    ) AS whose LIMIT 1;
    PERFORM set_config('ordercore.sweeping', '', true);
    RETURN found;
END
$$
"""

# "WHERE true" tells SQLite that ON belongs to the insert and is not the condition of a join.
_TAKEN = """
INSERT INTO payment_references (tenant, kind, reference, order_id)
SELECT o.tenant, coalesce({sale}, o.kind), l.key, o.id
  FROM orders AS o JOIN order_ledger AS l ON (l.tenant, l.order_id) = (o.tenant, o.id)
 WHERE l.kind = 'confirmed'
 ORDER BY o.created_at, o.id
ON CONFLICT DO NOTHING
"""
