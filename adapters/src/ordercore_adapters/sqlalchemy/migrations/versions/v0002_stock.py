"""Stock with its ledger, numbers without gaps, and the fences of locks.

A migration is history: nothing here refers to the tables of the current release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_TABLES = ("stock", "stock_movements", "number_series", "fences")


def upgrade() -> None:
    _stock()
    op.create_table(
        "number_series", _key("tenant"), _key("series"), *_whole("taken"), sqlite_with_rowid=False
    )
    op.create_table(
        "fences", _key("tenant"), _key("name"), *_whole("token"), sqlite_with_rowid=False
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_MOVE)
        for table in _TABLES:
            _wall(table)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ordercore_move_stock(text, timestamptz, json, bigint)")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, _KEY, primary_key=True, nullable=False)


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _stock() -> None:
    op.create_table(
        "stock",
        _key("tenant"),
        _key("sku"),
        *_whole("on_hand", "reserved", "moves"),
        sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name="stock_never_oversold"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stock_movements",
        _key("tenant"),
        _key("sku"),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *_whole("on_hand", "reserved"),
        sa.Column("order_id", _KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    ordered = sa.text("order_id IS NOT NULL")
    op.create_index(
        "stock_movements_order",
        "stock_movements",
        ["tenant", "order_id", "sku"],
        sqlite_where=ordered,
        postgresql_where=ordered,
    )


def _wall(table: str) -> None:
    """Let every role, the owner too, see and write the rows of the transaction's tenant only."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY ordercore_tenant ON {table} "
        "USING (tenant = nullif(current_setting('ordercore.tenant', true), ''))"
    )


# Each statement of a function sees what was committed before it began. What an order itself holds
# is summed up only once the row of its sku is locked, since all its movements change that row too.
# An update that found too little is tried again if there is enough by the time it is looked at.
_MOVE = """
CREATE FUNCTION ordercore_move_stock(owner text, moved_at timestamptz, wanted json, most bigint)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    asked record;
    place bigint;
    free bigint;
    short json[] := '{}';
BEGIN
    FOR asked IN
        SELECT * FROM json_to_recordset(wanted) AS m (sku text, kind text, quantity bigint,
            on_hand bigint, reserved bigint, order_id text, reason text)
    LOOP
        free := NULL;
        IF asked.kind IN ('release', 'return', 'ship') THEN
            PERFORM 1 FROM stock AS s
             WHERE s.tenant = owner AND s.sku = asked.sku FOR UPDATE;
            SELECT coalesce(sum(
                CASE asked.kind WHEN 'return' THEN -m.on_hand ELSE m.reserved END), 0)
              INTO free FROM stock_movements AS m
             WHERE m.tenant = owner AND m.order_id = asked.order_id AND m.sku = asked.sku;
        ELSIF asked.on_hand > 0 THEN
            INSERT INTO stock (tenant, sku, on_hand, reserved, moves)
            VALUES (owner, asked.sku, 0, 0, 0) ON CONFLICT DO NOTHING;
        END IF;
        LOOP
            EXIT WHEN free < asked.quantity;
            UPDATE stock AS s
               SET on_hand = s.on_hand + asked.on_hand, reserved = s.reserved + asked.reserved,
                   moves = s.moves + 1
             WHERE s.tenant = owner AND s.sku = asked.sku
               AND s.reserved + asked.reserved BETWEEN 0 AND s.on_hand + asked.on_hand
               AND s.on_hand + asked.on_hand <= most
            RETURNING s.moves INTO place;
            EXIT WHEN FOUND;
            SELECT CASE WHEN asked.on_hand > 0 THEN most - s.on_hand
                        WHEN asked.reserved < 0 THEN s.reserved
                        ELSE s.on_hand - s.reserved END
              INTO free FROM stock AS s WHERE s.tenant = owner AND s.sku = asked.sku;
            free := coalesce(free, 0);
        END LOOP;
        IF free < asked.quantity THEN
            short := array_append(short, json_build_object('sku', asked.sku,
                'requested', asked.quantity, 'available', free, 'move', asked.kind));
        ELSE
            INSERT INTO stock_movements
                (tenant, sku, seq, at, kind, on_hand, reserved, order_id, reason)
            VALUES (owner, asked.sku, place, moved_at, asked.kind, asked.on_hand, asked.reserved,
                asked.order_id, asked.reason);
        END IF;
    END LOOP;
    IF cardinality(short) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'OC002', MESSAGE = array_to_json(short)::text;
    END IF;
    RETURN 0;
END
$$
"""
