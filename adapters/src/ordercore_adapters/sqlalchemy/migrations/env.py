"""How Alembic runs here: on a connection that is handed in, inside its transaction."""

from __future__ import annotations

from alembic import context

from ordercore_adapters.sqlalchemy.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
