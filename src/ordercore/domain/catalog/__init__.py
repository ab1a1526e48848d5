"""What can be sold: product types as data, their configuration rules, snapshots for orders."""

from __future__ import annotations

from ordercore.domain.catalog.constraints import (
    LARGEST_WHOLE_NUMBER,
    MISSING,
    Ascending,
    Choice,
    Constraint,
    Field,
    FieldKind,
    Flag,
    Nested,
    OnlyWith,
    WholeNumber,
    describe_value,
    lookup,
)
from ordercore.domain.catalog.goods import Article, Assortment, snapshot_of
from ordercore.domain.catalog.product import BillingCycle, Catalogue, ProductType
from ordercore.domain.catalog.snapshot import ProductSnapshot, take_snapshot
from ordercore.domain.catalog.table_reader import TableReader
from ordercore.domain.catalog.types import default_catalogue, parse_catalogue

__all__ = [
    "Article",
    "Ascending",
    "Assortment",
    "BillingCycle",
    "Catalogue",
    "Choice",
    "Constraint",
    "Field",
    "FieldKind",
    "Flag",
    "LARGEST_WHOLE_NUMBER",
    "MISSING",
    "Nested",
    "OnlyWith",
    "ProductSnapshot",
    "ProductType",
    "TableReader",
    "WholeNumber",
    "default_catalogue",
    "describe_value",
    "lookup",
    "parse_catalogue",
    "snapshot_of",
    "take_snapshot",
]
