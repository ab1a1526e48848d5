"""The default catalogue: product types and the schema of each configuration."""

from __future__ import annotations

from collections.abc import Iterator

from generators.markdown import section, table
from ordercore.domain.catalog import (
    Constraint,
    Field,
    Nested,
    OnlyWith,
    ProductType,
    default_catalogue,
)

__all__ = ["page"]

_INTRODUCTION = """\
# Product types

The default catalogue, version `{version}`. It is data: a host passes its own with
`ProvisioningRules(catalogue=...)`, see [Add a product type](../how-to/add-a-product-type.md). A key
the table does not list is a finding, and no value is coerced: a number in quotes, a fraction or a
boolean where a whole number is wanted is a finding too.
"""


def page() -> str:
    """Return the page, one section per product type."""
    catalogue = default_catalogue()
    sections = [_product(product) for product in catalogue.products]
    return "\n".join([_INTRODUCTION.format(version=catalogue.version), *sections])


def _product(product: ProductType) -> str:
    cycles = ", ".join(f"`{cycle}`" for cycle in product.billing_cycles)
    rules = "".join(f"- {_constraint(each)}\n" for each in product.constraints)
    return "\n".join(
        [
            section(2, f"`{product.type}`"),
            f"{product.name}. Billed {cycles}.\n",
            table(("field", "allowed", "required"), _fields(product.fields)),
            *([rules] if rules else []),
        ]
    )


def _fields(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for field in fields:
        path = f"{prefix}{field.name}"
        yield (f"`{path}`", field.kind.allowed, "yes" if field.required else "no")
        if isinstance(field.kind, Nested):
            yield from _fields(field.kind.fields, f"{path}.")


def _constraint(constraint: Constraint) -> str:
    if isinstance(constraint, OnlyWith):
        others = ", ".join(f"`{value}`" for value in constraint.values)
        return (
            f"`{constraint.field}` may be `{constraint.value}` only with "
            f"`{constraint.other}` {others}."
        )
    ordered = " <= ".join(f"`{name}`" for name in constraint.fields)
    return f"{ordered} (compared with `{constraint.anchor}`, which is what is billed)."
