"""What can be sold: a product type with its configuration fields, and the catalogue of them.

A product type is data. Its table says which keys a configuration has, what each may hold, which of
them depend on each other, and by which billing cycles it is sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import Factory, field, frozen

from ordercore.domain.catalog.constraints import (
    Constraint,
    Field,
    describe_value,
    field_findings,
)
from ordercore.kernel.result import Finding

__all__ = ["BillingCycle", "Catalogue", "ProductType"]


class BillingCycle(StrEnum):
    """How often an order is billed."""

    MONTHLY = "monthly"
    ANNUAL = "annual"


@frozen(kw_only=True)
class ProductType:
    """One kind of product and what a valid configuration of it looks like."""

    type: str
    name: str
    billing_cycles: tuple[BillingCycle, ...]
    fields: tuple[Field, ...]
    constraints: tuple[Constraint, ...] = ()

    def config_findings(self, config: object) -> tuple[Finding, ...]:
        """Return everything that is wrong with ``config``; it may be any value at all.

        Paths are relative to the configuration; an empty path means the configuration itself.
        Constraints between fields judge only fields that are right on their own.
        """
        if not isinstance(config, Mapping):
            return (
                Finding(
                    field="",
                    code="wrong_type",
                    message=f"must be an object, got {describe_value(config)}",
                    allowed="an object with " + ", ".join(f.name for f in self.fields),
                ),
            )
        found = list(field_findings(self.fields, config))
        if self.constraints:
            bad = frozenset(finding.field for finding in found)
            for constraint in self.constraints:
                found.extend(constraint.findings(config, bad))
        return tuple(found)


@frozen(kw_only=True)
class Catalogue:
    """Every product type on offer, under one version."""

    version: str
    products: tuple[ProductType, ...]
    _by_type: dict[str, ProductType] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: {p.type: p for p in self.products}, takes_self=True),
    )

    @property
    def types(self) -> tuple[str, ...]:
        """The names of the product types, in the order of the catalogue."""
        return tuple(self._by_type)

    def product(self, type: object) -> ProductType | None:
        """Return the product type of this name, or None; any value may be asked for."""
        return self._by_type.get(type) if isinstance(type, str) else None
