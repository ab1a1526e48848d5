"""Which order each payment pays; those recorded so far are taken from the orders' ledgers.

A payment that two orders have by now stays with the older one, and nothing else is changed. A
migration is history: nothing here refers to the tables of the current release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_TABLE = "payment_references"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        *(
            sa.Column(name, _KEY, primary_key=True, nullable=False)
            for name in ("tenant", "kind", "reference")
        ),
        sa.Column("order_id", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # The walls keep even the owner from seeing rows of tenants that no transaction names.
        op.execute("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY")
        op.execute(_TAKEN.format(sale="o.body::jsonb #>> '{sale,payment}'"))
        op.execute("ALTER TABLE orders FORCE ROW LEVEL SECURITY")
        _wall()
    else:
        op.execute(_TAKEN.format(sale="json_extract(o.body, '$.sale.payment')"))


def downgrade() -> None:
    op.drop_table(_TABLE)


def _wall() -> None:
    """Let every role, the owner too, see and write the rows of the transaction's tenant only."""
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY ordercore_tenant ON {_TABLE} "
        "USING (tenant = nullif(current_setting('ordercore.tenant', true), ''))"
    )


# "WHERE true" tells SQLite that ON belongs to the insert and is not the condition of a join.
_TAKEN = """
INSERT INTO payment_references (tenant, kind, reference, order_id)
SELECT o.tenant, coalesce({sale}, o.kind), l.key, o.id
  FROM orders AS o JOIN order_ledger AS l ON (l.tenant, l.order_id) = (o.tenant, o.id)
 WHERE l.kind = 'confirmed'
 ORDER BY o.created_at, o.id
ON CONFLICT DO NOTHING
"""
