from __future__ import annotations

from typing import Any

import pytest

from ordercore.domain.catalog import Ascending, OnlyWith, default_catalogue, parse_catalogue
from ordercore.kernel.errors import DefinitionError


def table(**changes: Any) -> dict[str, Any]:
    """Return a small valid catalogue table, with the product's rows replaced."""
    product: dict[str, Any] = {
        "name": "Desk",
        "billing_cycles": ["monthly"],
        "fields": {
            "wood": {"kind": "choice", "values": ["oak", "pine"]},
            "finish": {"kind": "choice", "values": ["oil", "raw"]},
            "legs": {"kind": "whole_number", "minimum": 3},
            "drawers": {"kind": "whole_number", "minimum": 0, "maximum": 4, "required": False},
        },
        "constraints": [
            {
                "kind": "only_with",
                "field": "finish",
                "value": "raw",
                "other": "wood",
                "values": ["oak"],
            },
            {"kind": "ascending", "fields": ["drawers", "legs"], "anchor": "legs"},
        ],
    }
    return {"format": 1, "version": "v1", "products": {"desk": {**product, **changes}}}


def problems(broken: object) -> tuple[str, ...]:
    """Return the problems found in a table."""
    with pytest.raises(DefinitionError) as caught:
        parse_catalogue(broken)  # type: ignore[arg-type]
    assert caught.value.name == "catalogue"
    return caught.value.problems


def test_a_host_can_sell_something_else_by_a_table_alone() -> None:
    """The rules of an own product type are interpreted without any code."""
    catalogue = parse_catalogue(table())
    product = catalogue.product("desk")
    assert product is not None

    assert product.config_findings({"wood": "oak", "finish": "raw", "legs": 4}) == ()
    assert [
        (finding.field, finding.code)
        for finding in product.config_findings(
            {"wood": "pine", "finish": "raw", "legs": 3, "drawers": 4}
        )
    ] == [("finish", "incompatible"), ("drawers", "out_of_order")]
    assert (OnlyWith, Ascending) == tuple(type(constraint) for constraint in product.constraints)


def test_the_default_catalogue_is_parsed_once() -> None:
    """Asking again gives the same value."""
    assert default_catalogue() is default_catalogue()


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (None, "catalogue: must be an object"),
        ({**table(), "format": 2}, "format: must be 1"),
        ({**table(), "version": 3}, "version: must be text"),
        ({**table(), "products": {}}, "products: must not be empty"),
        ({**table(), "products": []}, "products: must be an object"),
        ({**table(), "extra": 1}, "catalogue: has the unknown key 'extra'"),
        (dict[object, object](table()) | {5: 1}, "catalogue: has a key that is not text: 5"),
        (table(name=""), "products.desk.name: must be text"),
        (table(billing_cycles=[]), "products.desk.billing_cycles: must not be empty"),
        (table(billing_cycles=["weekly"]), "'weekly' is none of monthly, annual"),
        (table(billing_cycles=["monthly", "monthly"]), "billing_cycles: names something twice"),
        (table(fields={}), "products.desk.fields: must name at least one field"),
        (table(fields={"a.b": {"kind": "boolean"}}), "'a.b' may not contain a dot"),
        (table(fields={"a": {"kind": "number"}}), "fields.a.kind: must be one of choice"),
        (table(fields={"a": {"kind": ["choice"]}}), "fields.a.kind: must be one of choice"),
        (table(fields={"a": {"kind": "boolean", "minimum": 1}}), "the unknown key 'minimum'"),
        (table(fields={"a": {"kind": "boolean", "required": 1}}), "required: must be true or"),
        (table(fields={"a": {"kind": "choice", "values": "xy"}}), "a.values: must be a list"),
        (table(fields={"a": {"kind": "choice", "values": ["x", 1]}}), "a.values[1]: must be text"),
        (table(fields={"a": {"kind": "object", "fields": {}}}), "at least one field"),
        (
            table(fields={"a": {"kind": "whole_number", "minimum": "1"}}),
            "a.minimum: must be a whole number of at least 0",
        ),
        (
            table(fields={"a": {"kind": "whole_number", "minimum": True}}),
            "a.minimum: must be a whole number of at least 0",
        ),
        (
            table(fields={"a": {"kind": "whole_number", "minimum": 5, "maximum": 4}}),
            "a.maximum: must be a whole number of at least 5",
        ),
        (
            table(fields={"a": {"kind": "whole_number", "minimum": 1, "maximum": 10**10}}),
            "a.maximum: must be at most 1000000000",
        ),
        (table(constraints={}), "products.desk.constraints: must be a list"),
        (table(constraints=[{"kind": "sum"}]), "constraints[0].kind: must be one of only_with"),
        (
            table(constraints=[{"kind": "ascending", "fields": ["wood"], "anchor": "legs"}]),
            "'wood' is not a whole-number field",
        ),
        (
            table(constraints=[{"kind": "ascending", "fields": ["legs"], "anchor": "drawers"}]),
            "anchor: must be one of the fields",
        ),
        (
            table(
                constraints=[
                    {
                        "kind": "only_with",
                        "field": "legs",
                        "value": "x",
                        "other": "wood",
                        "values": ["elm"],
                    }
                ]
            ),
            "'legs' is not a choice field",
        ),
        (
            table(
                constraints=[
                    {
                        "kind": "only_with",
                        "field": "finish",
                        "value": "raw",
                        "other": "wood",
                        "values": ["elm"],
                    }
                ]
            ),
            "'elm' is no value of 'wood'",
        ),
    ],
)
def test_a_fault_in_the_table_is_reported_with_its_path(broken: object, expected: str) -> None:
    """Each fault a person makes in the file is named where it is."""
    assert any(expected in problem for problem in problems(broken))


def test_all_faults_are_reported_together() -> None:
    """Fixing a file takes one round, not one per fault."""
    broken = {**table(name="", billing_cycles=["weekly"], fields={}), "format": 0}

    found = problems(broken)

    for part in ("format:", "desk.name:", "'weekly'", "desk.fields:", "constraints[0]"):
        assert any(part in problem for problem in found), part
