"""What an order copies from the catalogue when it is placed.

A later change of the catalogue or of a price must never show through in an existing order, so an
order item keeps its own copy: name, type, configuration, unit price and the version of the price
book it was priced with. The configuration is kept as canonical JSON text: immutable, hashable, and
the same bytes wherever it is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from ordercore.domain.catalog.product import BillingCycle, ProductType
from ordercore.kernel.money import Money

__all__ = ["ProductSnapshot", "take_snapshot"]


@frozen(kw_only=True)
class ProductSnapshot:
    """The product as it was when the order was placed.

    Attributes:
        product_type: Name of the product type, such as ``vps``; of goods the SKU.
        name: Name of the product for a person.
        config_json: The configuration as canonical JSON (sorted keys, no spaces).
        unit_price: Net price of one item for one billing period.
        price_book_version: The price book it was computed with.
        billing_cycle: How long the billing period is; None for goods.
    """

    product_type: str
    name: str
    config_json: str
    unit_price: Money
    price_book_version: str
    billing_cycle: BillingCycle | None

    @property
    def config(self) -> dict[str, object]:
        """A fresh copy of the configuration; changing it changes nothing here."""
        copy: dict[str, object] = json.loads(self.config_json)
        return copy


def take_snapshot(
    product: ProductType,
    config: Mapping[str, object],
    *,
    unit_price: Money,
    price_book_version: str,
    billing_cycle: BillingCycle,
) -> ProductSnapshot:
    """Copy a product with a configuration that has already been validated."""
    return ProductSnapshot(
        product_type=product.type,
        name=product.name,
        config_json=json.dumps(
            dict(config),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
            default=_plain,
        ),
        unit_price=unit_price,
        price_book_version=price_book_version,
        billing_cycle=billing_cycle,
    )


def _plain(value: object) -> object:
    """Return nested immutable mappings as dicts, which is what the JSON writer knows."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a configuration")
