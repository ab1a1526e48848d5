"""Turn a catalogue table into a `Catalogue`, and give the built-in one.

The table is plain JSON data (``default_catalogue.json`` beside this module holds the six
infrastructure types), so a host that sells something else edits a file, not code::

    {"format": 1, "version": "...", "products": {TYPE: {
        "name": "...", "billing_cycles": ["monthly", "annual"],
        "fields": {KEY: {"kind": "choice", "values": [...]}
                      | {"kind": "whole_number", "minimum": 1, "maximum": 50}
                      | {"kind": "boolean"}
                      | {"kind": "object", "fields": {...}}},      (each: "required": false)
        "constraints": [{"kind": "only_with", "field", "value", "other", "values"},
                        {"kind": "ascending", "fields", "anchor"}]}}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ordercore.domain.catalog.constraints import (
    LARGEST_WHOLE_NUMBER,
    Ascending,
    Choice,
    Constraint,
    Field,
    FieldKind,
    Flag,
    Nested,
    OnlyWith,
    WholeNumber,
)
from ordercore.domain.catalog.product import BillingCycle, Catalogue, ProductType
from ordercore.domain.catalog.table_reader import TableReader

__all__ = ["default_catalogue", "parse_catalogue"]

_FORMAT = 1
_KIND_KEYS = {
    "choice": {"values"},
    "whole_number": {"minimum", "maximum"},
    "boolean": set[str](),
    "object": {"fields"},
}
_CONSTRAINT_KEYS = {
    "only_with": {"kind", "field", "value", "other", "values"},
    "ascending": {"kind", "fields", "anchor"},
}


@cache
def default_catalogue() -> Catalogue:
    """Return the built-in catalogue of six infrastructure types."""
    text = files(__package__).joinpath("default_catalogue.json").read_text(encoding="utf-8")
    return parse_catalogue(json.loads(text))


def parse_catalogue(table: Mapping[str, object]) -> Catalogue:
    """Return the catalogue that the table describes.

    Args:
        table: The parsed JSON of a catalogue file.

    Raises:
        DefinitionError: listing every problem of the table.
    """
    reader = TableReader("catalogue")
    top = reader.table(table, "catalogue", keys={"format", "version", "products"})
    if top.get("format") != _FORMAT:
        reader.problem("format", f"must be {_FORMAT}")
    version = reader.text(top.get("version"), "version")
    products = reader.table(top.get("products"), "products")
    if not products:
        reader.problem("products", "must not be empty")
    parsed = tuple(_product(reader, type, row) for type, row in products.items())
    reader.finish()
    return Catalogue(version=version, products=parsed)


def _product(reader: TableReader, type: str, value: object) -> ProductType:
    path = f"products.{type}"
    row = reader.table(value, path, keys={"name", "billing_cycles", "fields", "constraints"})
    cycles = reader.texts(row.get("billing_cycles"), f"{path}.billing_cycles")
    known = tuple(BillingCycle)
    for cycle in cycles:
        if cycle not in known:
            reader.problem(f"{path}.billing_cycles", f"{cycle!r} is none of {', '.join(known)}")
    fields = _fields(reader, row.get("fields"), f"{path}.fields")
    kinds = dict(_paths(fields))
    rows = reader.rows(row.get("constraints", []), f"{path}.constraints", empty=True)
    constraints = [
        _constraint(reader, item, f"{path}.constraints[{number}]", kinds)
        for number, item in enumerate(rows)
    ]
    return ProductType(
        type=type,
        name=reader.text(row.get("name"), f"{path}.name"),
        billing_cycles=tuple(BillingCycle(cycle) for cycle in cycles if cycle in known),
        fields=fields,
        constraints=tuple(item for item in constraints if item is not None),
    )


def _fields(reader: TableReader, value: object, path: str) -> tuple[Field, ...]:
    table = reader.table(value, path)
    if not table:
        reader.problem(path, "must name at least one field")
    fields = []
    for name, row in table.items():
        if "." in name:
            reader.problem(path, f"the field name {name!r} may not contain a dot")
        fields.append(_field(reader, name, row, f"{path}.{name}"))
    return tuple(fields)


def _field(reader: TableReader, name: str, value: object, path: str) -> Field:
    row = reader.table(value, path)
    required = reader.flag(row.get("required", True), f"{path}.required")
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in _KIND_KEYS:
        reader.problem(f"{path}.kind", f"must be one of {', '.join(_KIND_KEYS)}")
        return Field(name=name, kind=Flag(), required=required)
    reader.table(row, path, keys={"kind", "required", *_KIND_KEYS[kind]})
    return Field(name=name, kind=_kind(reader, kind, row, path), required=required)


def _kind(reader: TableReader, kind: str, row: Mapping[str, object], path: str) -> FieldKind:
    if kind == "choice":
        return Choice(values=reader.texts(row.get("values"), f"{path}.values"))
    if kind == "whole_number":
        minimum = reader.whole(row.get("minimum"), f"{path}.minimum", minimum=0)
        maximum = reader.whole(
            row.get("maximum", LARGEST_WHOLE_NUMBER), f"{path}.maximum", minimum=minimum
        )
        if maximum > LARGEST_WHOLE_NUMBER:
            reader.problem(f"{path}.maximum", f"must be at most {LARGEST_WHOLE_NUMBER}")
        return WholeNumber(minimum=minimum, maximum=maximum)
    if kind == "object":
        return Nested(fields=_fields(reader, row.get("fields"), f"{path}.fields"))
    return Flag()


def _paths(fields: tuple[Field, ...], prefix: str = "") -> list[tuple[str, FieldKind]]:
    found: list[tuple[str, FieldKind]] = []
    for item in fields:
        found.append((prefix + item.name, item.kind))
        if isinstance(item.kind, Nested):
            found.extend(_paths(item.kind.fields, f"{prefix}{item.name}."))
    return found


def _constraint(
    reader: TableReader, value: object, path: str, kinds: Mapping[str, FieldKind]
) -> Constraint | None:
    row = reader.table(value, path)
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in _CONSTRAINT_KEYS:
        reader.problem(f"{path}.kind", f"must be one of {', '.join(_CONSTRAINT_KEYS)}")
        return None
    reader.table(row, path, keys=_CONSTRAINT_KEYS[kind])
    if kind == "only_with":
        return _only_with(reader, row, path, kinds)
    paths = reader.texts(row.get("fields"), f"{path}.fields")
    for name in paths:
        if not isinstance(kinds.get(name), WholeNumber):
            reader.problem(f"{path}.fields", f"{name!r} is not a whole-number field")
    anchor = reader.text(row.get("anchor"), f"{path}.anchor")
    if anchor not in paths:
        reader.problem(f"{path}.anchor", "must be one of the fields")
    return Ascending(fields=paths, anchor=anchor)


def _only_with(
    reader: TableReader, row: Mapping[str, object], path: str, kinds: Mapping[str, FieldKind]
) -> OnlyWith:
    constraint = OnlyWith(
        field=reader.text(row.get("field"), f"{path}.field"),
        value=reader.text(row.get("value"), f"{path}.value"),
        other=reader.text(row.get("other"), f"{path}.other"),
        values=reader.texts(row.get("values"), f"{path}.values"),
    )
    for name, values in (
        (constraint.field, (constraint.value,)),
        (constraint.other, constraint.values),
    ):
        kind = kinds.get(name)
        if not isinstance(kind, Choice):
            reader.problem(path, f"{name!r} is not a choice field")
            continue
        for text in values:
            if text not in kind.values:
                reader.problem(path, f"{text!r} is no value of {name!r}")
    return constraint
