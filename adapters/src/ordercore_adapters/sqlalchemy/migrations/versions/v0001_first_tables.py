"""The first tables, the views over their documents, and the walls between tenants.

A migration is history: nothing here refers to the tables of the current release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_JSON = sa.Text().with_variant(postgresql.JSON(), "postgresql")
_TABLES = (
    "orders",
    "audit_records",
    "outbox",
    "sagas",
    "work",
    "dead_letters",
    "sealed_credentials",
    "idempotency",
    "inbox",
)


def upgrade() -> None:
    _orders()
    _trail()
    _work()
    _intake()
    if op.get_bind().dialect.name == "postgresql":
        for sql in (*_POSTGRES_VIEWS, _EXPECT, _QUEUE_OF_THE_OWNER):
            op.execute(sql)
        for table in _TABLES:
            _wall(table)
    else:
        for sql in _SQLITE_VIEWS:
            op.execute(sql)


def downgrade() -> None:
    for view in ("saga_steps", "order_ledger", "order_items"):
        op.execute(f"DROP VIEW {view}")
    for table in reversed(_TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ordercore_expect(bigint, bigint, integer)")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, _KEY, primary_key=True, nullable=False)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _at(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _AT, nullable=nullable) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False, nullable=False)


def _orders() -> None:
    op.create_table(
        "orders",
        _key("tenant"),
        _key("id"),
        sa.Column("reference", _KEY, nullable=False),
        *_text("fingerprint", "state"),
        *_whole("version"),
        *_text("kind", "currency", "billing_cycle"),
        *_at("created_at", "updated_at"),
        *_at("deleted_at", nullable=True),
        *_whole("submitted", "value_minor", "revenue_minor"),
        *_text("chain"),
        sa.Column("body", _JSON, nullable=False),
    )
    op.create_index("orders_reference", "orders", ["tenant", "reference"], unique=True)
    op.create_table(
        "sagas",
        _key("tenant"),
        _key("id"),
        sa.Column("order_id", _KEY, nullable=False),
        *_text("definition", "status"),
        *_whole("version"),
        *_at("started_at"),
        sa.Column("body", _JSON, nullable=False),
    )
    op.create_index("sagas_order", "sagas", ["tenant", "order_id"])
    op.create_table(
        "sealed_credentials",
        _key("tenant"),
        _key("order_id"),
        _key("item"),
        *_text("resource", "key_id"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )


def _trail() -> None:
    op.create_table(
        "audit_records",
        _key("tenant"),
        _key("order_id"),
        _seq(),
        *_text("id"),
        *_at("at"),
        *_text("actor", "correlation_id", "kind", "trigger", "source", "dest", "reason", "data"),
        *_text("personal", "salt", nullable=True),
        *_text("personal_digest", "previous", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        _key("tenant"),
        _key("stream"),
        _seq(),
        *_text("id", "type"),
        *_at("at"),
        *_text("correlation_id", "data"),
        *_at("published_at", nullable=True),
        sqlite_with_rowid=False,
    )


def _work() -> None:
    op.create_table(
        "work",
        _key("tenant"),
        _key("kind"),
        _key("subject"),
        *_at("due_at", nullable=True),
        *_whole("touched", "fence"),
        *_at("lease_until", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("work_due", "work", ["kind", "due_at"])
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index(
        "work_leased", "work", ["lease_until"], sqlite_where=leased, postgresql_where=leased
    )
    op.create_table(
        "dead_letters",
        _key("tenant"),
        _key("id"),
        *_text("order_id", "saga_id", "branch", "step"),
        sa.Column("forward", sa.Boolean(), nullable=False),
        *_text("code", "reason"),
        *_whole("attempts"),
        *_text("payload"),
        *_at("at"),
        *_text("status", "note"),
        *_at("closed_at", nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("dead_letters_age", "dead_letters", ["tenant", "status", "at"])


def _intake() -> None:
    op.create_table(
        "idempotency",
        _key("tenant"),
        _key("operation"),
        _key("key"),
        *_text("fingerprint"),
        *_text("response", nullable=True),
        *_at("expires_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox",
        _key("tenant"),
        _key("consumer"),
        _key("message_id"),
        sqlite_with_rowid=False,
    )


def _wall(table: str) -> None:
    """Let every role, the owner too, see and write the rows of the transaction's tenant only."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY ordercore_tenant ON {table} "
        "USING (tenant = nullif(current_setting('ordercore.tenant', true), ''))"
    )


# Whoever owns the tables could lift the walls anyway; as the only role it may serve every queue.
_QUEUE_OF_THE_OWNER = "CREATE POLICY ordercore_queue_owner ON work TO CURRENT_USER USING (true)"

_EXPECT = """
CREATE FUNCTION ordercore_expect(touched bigint, expected bigint, place integer) RETURNS integer
LANGUAGE plpgsql AS $$
BEGIN
    IF touched <> expected THEN
        RAISE EXCEPTION USING ERRCODE = 'OC001', MESSAGE = place::text;
    END IF;
    RETURN place;
END
$$
"""

_SQLITE_VIEWS = (
    """
    CREATE VIEW order_items AS
    SELECT o.tenant, o.id AS order_id, o.reference, i.key + 1 AS position,
           json_extract(i.value, '$.id') AS item,
           json_extract(i.value, '$.state') AS state,
           json_extract(i.value, '$.resource') AS resource,
           json_extract(i.value, '$.snapshot.product_type') AS product_type,
           json_extract(i.value, '$.snapshot.unit_price.amount_minor') AS price_minor,
           json_extract(i.value, '$.snapshot.unit_price.currency') AS currency,
           json_extract(i.value, '$.snapshot.config_json') AS config,
           json_extract(i.value, '$.active_at') AS active_at,
           json_extract(i.value, '$.failure') AS failure
    FROM orders AS o, json_each(o.body, '$.items') AS i
    """,
    """
    CREATE VIEW order_ledger AS
    SELECT o.tenant, o.id AS order_id, o.reference, e.key + 1 AS position,
           json_extract(e.value, '$.kind') AS kind,
           json_extract(e.value, '$.amount.amount_minor') AS amount_minor,
           json_extract(e.value, '$.amount.currency') AS currency,
           json_extract(e.value, '$.key') AS key,
           json_extract(e.value, '$.at') AS at,
           json_extract(e.value, '$.items') AS items,
           json_extract(e.value, '$.note') AS note
    FROM orders AS o, json_each(o.body, '$.ledger') AS e
    """,
    """
    CREATE VIEW saga_steps AS
    SELECT s.tenant, s.order_id, s.id AS saga_id, s.definition, s.status,
           json_extract(b.value, '$.key') AS branch,
           json_extract(r.value, '$.name') AS step,
           json_extract(r.value, '$.phase') AS phase,
           json_extract(r.value, '$.attempt') AS attempt,
           json_extract(r.value, '$.failures') AS failures,
           json_extract(r.value, '$.due_at') AS due_at,
           json_extract(r.value, '$.reason') AS reason
    FROM sagas AS s, json_each(s.body, '$.branches') AS b, json_each(b.value, '$.steps') AS r
    """,
)

# security_invoker: a view without it would read as its owner and walk round the walls.
_POSTGRES_VIEWS = (
    """
    CREATE VIEW order_items WITH (security_invoker = true) AS
    SELECT o.tenant, o.id AS order_id, o.reference, i.position,
           i.value ->> 'id' AS item,
           i.value ->> 'state' AS state,
           i.value ->> 'resource' AS resource,
           i.value #>> '{snapshot,product_type}' AS product_type,
           (i.value #>> '{snapshot,unit_price,amount_minor}')::bigint AS price_minor,
           i.value #>> '{snapshot,unit_price,currency}' AS currency,
           i.value #>> '{snapshot,config_json}' AS config,
           i.value ->> 'active_at' AS active_at,
           i.value ->> 'failure' AS failure
    FROM orders AS o,
         json_array_elements(o.body -> 'items') WITH ORDINALITY AS i(value, position)
    """,
    """
    CREATE VIEW order_ledger WITH (security_invoker = true) AS
    SELECT o.tenant, o.id AS order_id, o.reference, e.position,
           e.value ->> 'kind' AS kind,
           (e.value #>> '{amount,amount_minor}')::bigint AS amount_minor,
           e.value #>> '{amount,currency}' AS currency,
           e.value ->> 'key' AS key,
           e.value ->> 'at' AS at,
           e.value ->> 'items' AS items,
           e.value ->> 'note' AS note
    FROM orders AS o,
         json_array_elements(o.body -> 'ledger') WITH ORDINALITY AS e(value, position)
    """,
    """
    CREATE VIEW saga_steps WITH (security_invoker = true) AS
    SELECT s.tenant, s.order_id, s.id AS saga_id, s.definition, s.status,
           b.value ->> 'key' AS branch,
           r.value ->> 'name' AS step,
           r.value ->> 'phase' AS phase,
           (r.value ->> 'attempt')::bigint AS attempt,
           (r.value ->> 'failures')::bigint AS failures,
           r.value ->> 'due_at' AS due_at,
           r.value ->> 'reason' AS reason
    FROM sagas AS s,
         json_array_elements(s.body -> 'branches') AS b(value),
         json_array_elements(b.value -> 'steps') AS r(value)
    """,
)
