"""Which event an event follows from; those recorded so far say nothing.

The column keeps its default, because a host of the release before may still be writing events
while this one starts. A migration is history: nothing here refers to the tables of the current
release.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE outbox ADD COLUMN causation_id TEXT NOT NULL DEFAULT ''")


def downgrade() -> None:
    op.execute("ALTER TABLE outbox DROP COLUMN causation_id")
