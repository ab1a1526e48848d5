"""Accounts: who may log in, and the hash of each password.

A migration is history: nothing here refers to the tables of the current release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("tenant", _KEY, primary_key=True, nullable=False),
        sa.Column("id", _KEY, primary_key=True, nullable=False),
        sa.Column("login", _KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
    )
    op.create_index("users_login", "users", ["tenant", "login"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        # Every role, the owner too, sees and writes the rows of the transaction's tenant only.
        op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE users FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY ordercore_tenant ON users "
            "USING (tenant = nullif(current_setting('ordercore.tenant', true), ''))"
        )


def downgrade() -> None:
    op.drop_table("users")
