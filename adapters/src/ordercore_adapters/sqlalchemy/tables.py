"""The tables, as SQLAlchemy Core describes them; migrations bring a database to this shape.

Every table begins with the tenant, in its key too: a key cannot reveal whether another tenant has
it, and row-level security needs nothing but this column. Keys are compared byte by byte
(collation C), so both databases sort them as Python does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

__all__ = ["METADATA", "TABLES", "VERSION_TABLE", "VIEWS"]

VERSION_TABLE = "ordercore_migrations"
VIEWS = ("order_items", "order_ledger", "saga_steps")
"""Views over the stored documents, for people and for checks in plain SQL; see the migrations."""

METADATA = sa.MetaData()

_KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_TEXT = sa.Text()
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_JSON = sa.Text().with_variant(postgresql.JSON(), "postgresql")
_BIG = sa.BigInteger()
_LEASED = sa.text("lease_until IS NOT NULL")
_OF_AN_ORDER = sa.text("order_id IS NOT NULL")


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, _KEY, primary_key=True, nullable=False)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _TEXT, nullable=nullable) for name in names]


def _at(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _AT, nullable=nullable) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _BIG, nullable=False) for name in names]


def _table(
    name: str, *parts: sa.Column[Any] | sa.Index | sa.CheckConstraint, flat: bool = False
) -> sa.Table:
    """Describe a table; a ``flat`` one is its own index in SQLite, which suits short rows."""
    return sa.Table(name, METADATA, *parts, sqlite_with_rowid=not flat)


_table(
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
    sa.Index("orders_reference", "tenant", "reference", unique=True),
)

_table(
    "audit_records",
    _key("tenant"),
    _key("order_id"),
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False, nullable=False),
    *_text("id"),
    *_at("at"),
    *_text("actor", "correlation_id", "kind", "trigger", "source", "dest", "reason", "data"),
    *_text("personal", "salt", nullable=True),
    *_text("personal_digest", "previous", "digest"),
    flat=True,
)

_table(
    "outbox",
    _key("tenant"),
    _key("stream"),
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False, nullable=False),
    *_text("id", "type"),
    *_at("at"),
    *_text("correlation_id", "data"),
    *_at("published_at", nullable=True),
    *_text("causation_id"),
    sa.Index("outbox_published", "published_at"),
    flat=True,
)

_table(
    "sagas",
    _key("tenant"),
    _key("id"),
    sa.Column("order_id", _KEY, nullable=False),
    *_text("definition", "status"),
    *_whole("version"),
    *_at("started_at"),
    sa.Column("body", _JSON, nullable=False),
    sa.Index("sagas_order", "tenant", "order_id"),
)

_table(
    "work",
    _key("tenant"),
    _key("kind"),
    _key("subject"),
    *_at("due_at", nullable=True),
    *_whole("touched", "fence"),
    *_at("lease_until", nullable=True),
    sa.Index("work_due", "kind", "due_at"),
    sa.Index("work_leased", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
    flat=True,
)

_table(
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
    sa.Index("dead_letters_age", "tenant", "status", "at"),
    flat=True,
)

_table(
    "sealed_credentials",
    _key("tenant"),
    _key("order_id"),
    _key("item"),
    *_text("resource", "key_id"),
    sa.Column("nonce", sa.LargeBinary(), nullable=False),
    sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
    flat=True,
)

_table(
    "idempotency",
    _key("tenant"),
    _key("operation"),
    _key("key"),
    *_text("fingerprint"),
    *_text("response", nullable=True),
    *_at("expires_at"),
    sa.Index("idempotency_expiry", "expires_at"),
    flat=True,
)

_table(
    "inbox",
    _key("tenant"),
    _key("consumer"),
    _key("message_id"),
    *_at("taken_at"),
    sa.Index("inbox_taken", "taken_at"),
    flat=True,
)

_table(
    "stock",
    _key("tenant"),
    _key("sku"),
    *_whole("on_hand", "reserved", "moves"),
    sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name="stock_never_oversold"),
    flat=True,
)

_table(
    "stock_movements",
    _key("tenant"),
    _key("sku"),
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False, nullable=False),
    *_at("at"),
    *_text("kind"),
    *_whole("on_hand", "reserved"),
    sa.Column("order_id", _KEY, nullable=True),
    *_text("reason"),
    sa.Index(
        "stock_movements_order",
        "tenant",
        "order_id",
        "sku",
        sqlite_where=_OF_AN_ORDER,
        postgresql_where=_OF_AN_ORDER,
    ),
    flat=True,
)

_table(
    "payment_references",
    _key("tenant"),
    _key("kind"),
    _key("reference"),
    *_text("order_id"),
    flat=True,
)

_table("number_series", _key("tenant"), _key("series"), *_whole("taken"), flat=True)

_table("fences", _key("tenant"), _key("name"), *_whole("token"), flat=True)

_table(
    "users",
    _key("tenant"),
    _key("id"),
    sa.Column("login", _KEY, nullable=False),
    *_text("name", "password"),
    sa.Index("users_login", "tenant", "login", unique=True),
)

TABLES = tuple(METADATA.tables)
"""Names of the tables that hold a tenant's rows: all of them."""
